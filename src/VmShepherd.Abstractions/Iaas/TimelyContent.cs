using System.Net;
using System.Net.Http.Headers;

namespace VmShepherd.Abstractions;

/// <summary>
/// For drivers that speak HTTP: the body of a call that acts. It is asked for when the connection stands and leaves together with the head, so this is the last moment to look at the clock:
/// whoever was frozen until then sends nothing. On a connection of its own (no kept one) that goes for whoever is frozen after it as well, if the server loses its patience with one that says nothing.
/// </summary>
public sealed class TimelyContent : HttpContent
{
    readonly ReadOnlyMemory<byte> _json;
    readonly string _call;
    readonly TimeProvider _time;
    readonly long? _sendBefore;

    /// <param name="json">What is sent; empty for a call without a body, as a DELETE.</param>
    /// <param name="call">What it is for, for the message.</param>
    /// <param name="time">The driver's clock, <see cref="DriverContext.Time"/>.</param>
    /// <param name="sendBefore"><see cref="VmRequest.SendBefore"/> or <see cref="VmTermination.SendBefore"/>.</param>
    public TimelyContent(ReadOnlyMemory<byte> json, string call, TimeProvider time, long? sendBefore)
    {
        (_json, _call, _time, _sendBefore) = (json, call, time, sendBefore);
        if (json.Length > 0) Headers.ContentType = new MediaTypeHeaderValue("application/json");
    }

    /// <summary>The same look for whoever sends nothing over HTTP.</summary>
    /// <param name="call">What it is for, for the message.</param>
    /// <param name="time">The driver's clock.</param>
    /// <param name="sendBefore">The timestamp from which on it may not be sent; <see langword="null"/> = it may.</param>
    /// <exception cref="IaasException">It is too late; nothing was sent.</exception>
    public static void ThrowIfLate(string call, TimeProvider time, long? sendBefore)
    {
        ArgumentNullException.ThrowIfNull(time);
        if (time.GetTimestamp() >= sendBefore) throw new IaasException(IaasFailure.Unavailable, $"{call}: not sent, its time was over", new OperationCanceledException());
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ThrowIfLate(_call, _time, _sendBefore);
        return stream.WriteAsync(_json, cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = _json.Length;
        return true;
    }
}
