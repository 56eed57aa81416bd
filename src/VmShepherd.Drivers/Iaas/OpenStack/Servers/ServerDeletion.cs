using System.Net;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack.Calls;
using VmShepherd.Drivers.Iaas.OpenStack.Login;

namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>Ends a server: by <c>forceDelete</c>, which no soft delete of the cloud holds up, or by <c>DELETE</c>.</summary>
sealed class ServerDeletion(CloudApi api, bool isForced)
{
    static readonly ReadOnlyMemory<byte> ForceDelete = "{\"forceDelete\":null}"u8.ToArray();

    public async Task EndAsync(VmTermination end, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string path = $"/servers/{Uri.EscapeDataString(end.Id)}";
        bool isInDoubt = false;
        if (isForced)
        {
            (bool isDone, isInDoubt) = await ForceAsync(path, end, cancellationToken).ConfigureAwait(false);
            if (isDone) return;
        }

        ApiCall call = new(Service.Compute, HttpMethod.Delete, path, $"end of server {end.Id}") { Changes = true, SendBefore = end.SendBefore, FollowsDoubt = isInDoubt };
        using ApiAnswer answer = await api.SendAsync(call, cancellationToken).ConfigureAwait(false);
        if (!answer.IsGood && !IsGone(call, answer)) throw api.Failure(call, answer);
    }

    /// <summary>
    /// Whether it is done, else whether it may be. An action answers 404 for a server that is just being created, and policies may forbid this one: DELETE has the last word.
    /// </summary>
    async Task<(bool IsDone, bool IsInDoubt)> ForceAsync(string path, VmTermination end, CancellationToken cancellationToken)
    {
        ApiCall call = new(Service.Compute, HttpMethod.Post, path + "/action", $"forced end of server {end.Id}") { Json = ForceDelete, Changes = true, SendBefore = end.SendBefore };
        using ApiAnswer answer = await api.SendAsync(call, cancellationToken).ConfigureAwait(false);
        if (answer.IsGood) return (true, false);
        if (IsGone(call, answer) || answer.Status is HttpStatusCode.Forbidden or HttpStatusCode.Conflict or HttpStatusCode.BadRequest) return (false, answer.FollowsDoubt);
        throw api.Failure(call, answer);
    }
    /// <summary>Whether nova does not know the server.</summary>
    /// <exception cref="IaasException">Somebody else says so: the server may be there, and the call may have come to nova.</exception>
    static bool IsGone(ApiCall call, ApiAnswer answer) => answer.Status == HttpStatusCode.NotFound
        && (ErrorText.IsNotFoundOfNova(answer) ? true : throw Failures.Lost(call, $"404, but not in nova's words: {ErrorText.Of(answer, null)}", null));
}
