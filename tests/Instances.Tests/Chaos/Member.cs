using Drivers.Tests.Runtime.Postgres;
using VmShepherd.Server.Tests.Running;

namespace Instances.Tests.Chaos;

/// <summary>One of the instances: a real process with settings of its own and a way of its own to the store.</summary>
sealed class Member : IAsyncDisposable
{
    readonly Installation _installation = new();
    readonly List<VmShepherdProcess> _former = [];
    VmShepherdProcess? _process;

    /// <param name="number">Its name.</param>
    /// <param name="store">The port of the store.</param>
    /// <param name="settings">From the port to which it connects, and the file with the password.</param>
    public Member(int number, int store, Func<int, string, string> settings)
    {
        Name = $"instance-{number}";
        Way = new FaultyProxy(store);
        _installation.Write("settings.yaml", settings(Way.Port, _installation.Write("password", PostgresServer.Password)));
    }

    public string Name { get; }

    public FaultyProxy Way { get; }

    /// <summary>Something is being done to the process, or to its way to the store.</summary>
    public bool IsStruck { get; set; }

    public bool IsWayStruck { get; set; }

    /// <summary>What all its processes have said.</summary>
    public string Said => string.Join("\n--- started again ---\n", _former.Append(_process).OfType<VmShepherdProcess>().Select(process => process.Errors));

    public void Start()
    {
        if (_process is not null) _former.Add(_process);
        _process = VmShepherdProcess.Start("-c", Path.Combine(_installation.Folder, "settings.yaml"), "-p", "0");
    }

    public Task SignalAsync(string signal) => _process!.SignalAsync(signal);

    public Task<int> ExitsAsync() => _process!.ExitsAsync();

    /// <summary>As an operator does it.</summary>
    public async Task StopAsync()
    {
        IsStruck = true;
        await SignalAsync("TERM");
        await ExitsAsync();
    }

    /// <summary>Whether the process has ended, and nobody has ended it.</summary>
    public bool HasFailed => !IsStruck && _process is { HasExited: true };

    public async ValueTask DisposeAsync()
    {
        foreach (VmShepherdProcess process in _former.Append(_process).OfType<VmShepherdProcess>()) await process.DisposeAsync();
        await Way.DisposeAsync();
        _installation.Dispose();
    }
}
