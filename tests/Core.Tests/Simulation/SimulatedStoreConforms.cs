using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Testing;

namespace Core.Tests.Simulation;

/// <summary>The store of the simulation keeps what every store must.</summary>
public sealed class SimulatedStoreConforms : RuntimeDriverConformance
{
    readonly FakeTimeProvider _time = new();
    readonly SimulatedStore _store;

    public SimulatedStoreConforms() => _store = new SimulatedStore(_time);

    protected override Task<IRuntimeDriver> CreateInstanceAsync() => Task.FromResult<IRuntimeDriver>(_store);

    protected override Task AdvanceAsync(TimeSpan time)
    {
        _time.Advance(time);
        return Task.CompletedTask;
    }
}
