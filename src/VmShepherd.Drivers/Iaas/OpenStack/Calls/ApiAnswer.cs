using System.Buffers;
using System.Net;

namespace VmShepherd.Drivers.Iaas.OpenStack.Calls;

/// <summary>A whole answer in memory, of any status. The bytes are rented: use them before disposing it.</summary>
sealed class ApiAnswer(HttpResponseMessage head, byte[] rented, int length) : IDisposable
{
    /// <summary>No answer of a service is as long: pages of a thousand servers are a few MB.</summary>
    const int Longest = 64 * 1024 * 1024;

    byte[] _rented = rented;

    public HttpStatusCode Status => head.StatusCode;
    public bool IsGood => head.IsSuccessStatusCode;
    public ReadOnlyMemory<byte> Body => _rented.AsMemory(0, length);

    /// <summary>Whether an earlier try may have had its effect: its answer was lost.</summary>
    public bool FollowsDoubt { get; set; }

    public Uri? Location => head.Headers.Location;

    /// <summary>The cloud's own clock, when it said: ages of what it tells are measured by it.</summary>
    public DateTimeOffset? CloudTime => head.Headers.Date;

    /// <summary>The id by which the cloud's operators find the call in their logs.</summary>
    public string? RequestId => Header("x-openstack-request-id") ?? Header("x-compute-request-id");

    public string? Header(string name) => head.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;

    /// <summary>Whether the gate in front of the service refused, before the service itself saw the call.</summary>
    public bool IsRefusedAtTheDoor => Status == HttpStatusCode.Unauthorized && head.Headers.WwwAuthenticate.Count > 0;

    /// <summary>How long to wait, as it asked: in seconds, or until a time of its own clock.</summary>
    public TimeSpan? RetryAfter(DateTimeOffset now) => head.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - (CloudTime ?? now) is { Ticks: > 0 } wait ? wait : TimeSpan.Zero,
        _ => null,
    };

    /// <param name="head">The answer, of which the headers have come.</param>
    /// <param name="onPiece">Told of each piece that comes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="IOException">It is longer than any answer is, or breaks off.</exception>
    public static async Task<ApiAnswer> ReadAsync(HttpResponseMessage head, Action onPiece, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(head.Content.Headers.ContentLength ?? 0, 4096, Longest) + 1);
        try
        {
            await using Stream stream = await head.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            int length = 0;
            while (await stream.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false) is var read and > 0)
            {
                length += read;
                if (length > Longest) throw new IOException($"the answer is longer than {Longest} bytes");
                onPiece();
                if (length == buffer.Length) buffer = Grown(buffer);
            }

            return new ApiAnswer(head, buffer, length);
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    static byte[] Grown(byte[] full)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(full.Length * 2);
        full.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(full);
        return larger;
    }

    public void Dispose()
    {
        byte[] rented = Interlocked.Exchange(ref _rented, []);
        if (rented.Length > 0) ArrayPool<byte>.Shared.Return(rented);
        head.Dispose();
    }
}
