namespace VmShepherd.Core;

/// <summary>A wait that ends after a while, by our own clock, or with its caller.</summary>
sealed class Deadline : IDisposable
{
    readonly CancellationTokenSource _source;
    readonly CancellationTokenRegistration _caller;

    public Deadline(TimeSpan patience, TimeProvider time, CancellationToken caller)
    {
        _source = new CancellationTokenSource(patience, time);
        _caller = caller.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), _source);
    }

    /// <summary>Cancelled by either.</summary>
    public CancellationToken Token => _source.Token;

    public void Dispose()
    {
        _caller.Dispose();
        _source.Dispose();
    }
}
