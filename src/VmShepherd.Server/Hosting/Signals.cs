using System.Runtime.InteropServices;

namespace VmShepherd.Server.Hosting;

/// <summary>SIGTERM and SIGINT stop: the first one in order, the second at once. SIGHUP reloads.</summary>
sealed class Signals : IDisposable
{
    readonly CancellationTokenSource _stopping = new();
    readonly List<PosixSignalRegistration> _registrations = [];
    readonly Action<string> _onStop;
    int _asked;

    public Signals(Action<string> onStop)
    {
        _onStop = onStop;
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop));
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Stopping => _stopping.Token;

    public void OnHangup(Action act) => _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
    {
        context.Cancel = true;
        act();
    }));

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations) registration.Dispose();
        _stopping.Dispose();
    }

    void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _asked) > 1) Environment.Exit(ExitCode.Failed);
        _onStop(context.Signal.ToString());
        _stopping.Cancel();
    }
}
