using System.Net;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack.Calls;
using VmShepherd.Drivers.Iaas.OpenStack.Login;

namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>Ends a server: by <c>forceDelete</c>, which no soft delete of the cloud holds up, or by <c>DELETE</c>.</summary>
sealed class ServerDeletion(CloudApi api, bool isForced)
{
    static readonly ReadOnlyMemory<byte> ForceDelete = "{\"forceDelete\":null}"u8.ToArray();

    public async Task EndAsync(string id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string path = $"/servers/{Uri.EscapeDataString(id)}";
        if (isForced && await ForceAsync(path, id, cancellationToken).ConfigureAwait(false)) return;

        ApiCall call = new(Service.Compute, HttpMethod.Delete, path, $"end of server {id}") { Changes = true };
        using ApiAnswer answer = await api.SendAsync(call, cancellationToken).ConfigureAwait(false);
        if (!answer.IsGood && answer.Status != HttpStatusCode.NotFound) throw api.Failure(call, answer);
    }

    /// <summary>
    /// Whether it is done. An action answers 404 for a server that is just being created, and policies may forbid this one: DELETE has the last word.
    /// </summary>
    async Task<bool> ForceAsync(string path, string id, CancellationToken cancellationToken)
    {
        ApiCall call = new(Service.Compute, HttpMethod.Post, path + "/action", $"forced end of server {id}") { Json = ForceDelete, Changes = true };
        using ApiAnswer answer = await api.SendAsync(call, cancellationToken).ConfigureAwait(false);
        if (answer.IsGood) return true;
        if (answer.Status is HttpStatusCode.NotFound or HttpStatusCode.Forbidden or HttpStatusCode.Conflict or HttpStatusCode.BadRequest) return false;
        throw api.Failure(call, answer);
    }
}
