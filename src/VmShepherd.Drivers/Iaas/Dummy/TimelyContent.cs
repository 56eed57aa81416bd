using System.Net;
using System.Net.Http.Headers;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.Dummy;

/// <summary>
/// A body in JSON that is asked for when the connection stands and leaves together with the head: the last moment to look at the clock. Whoever was frozen until then sends nothing;
/// whoever is frozen after that finds that the server has lost its patience with a connection that says nothing.
/// </summary>
sealed class TimelyContent : HttpContent
{
    readonly byte[] _json;
    readonly string _call;
    readonly TimeProvider _time;
    readonly long? _sendBefore;

    public TimelyContent(byte[] json, string call, TimeProvider time, long? sendBefore)
    {
        (_json, _call, _time, _sendBefore) = (json, call, time, sendBefore);
        Headers.ContentType = new MediaTypeHeaderValue("application/json");
    }

    /// <exception cref="IaasException">It is too late; nothing was sent.</exception>
    public static void ThrowIfLate(string call, TimeProvider time, long? sendBefore)
    {
        if (time.GetTimestamp() >= sendBefore) throw new IaasException(IaasFailure.Unavailable, $"{call}: not sent, its time was over");
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        ThrowIfLate(_call, _time, _sendBefore);
        return stream.WriteAsync(_json, cancellationToken).AsTask();
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _json.Length;
        return true;
    }
}
