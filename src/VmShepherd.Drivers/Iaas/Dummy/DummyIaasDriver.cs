using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.Dummy;

[assembly: Driver(DriverGroup.Iaas, "DummyIaasDriver", typeof(DummyIaasDriver))]

namespace VmShepherd.Drivers.Iaas.Dummy;

/// <summary>An IaaS without an IaaS: a <see cref="SimulatedCloud"/> of its own.</summary>
public sealed class DummyIaasDriver(DummyIaasOptions options, DriverContext context) : IIaasDriver, IAsyncDisposable
{
    readonly SimulatedCloud _cloud = SimulatedCloud.From(options, context);

    public TimeSpan VisibilityGrace => _cloud.VisibilityGrace;

    public Task<string> GetScopeAsync(CancellationToken cancellationToken) => _cloud.GetScopeAsync(cancellationToken);

    public Task<IReadOnlyList<Vm>> ListAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken) => _cloud.ListAsync(presets, cancellationToken);

    public Task<Vm?> FindAsync(string id, CancellationToken cancellationToken) => _cloud.FindAsync(id, cancellationToken);

    public Task<string> CreateAsync(VmRequest request, CancellationToken cancellationToken) => _cloud.CreateAsync(request, cancellationToken);

    public Task TerminateAsync(VmTermination termination, CancellationToken cancellationToken) => _cloud.TerminateAsync(termination, cancellationToken);

    public ValueTask DisposeAsync()
    {
        _cloud.Dispose();
        return ValueTask.CompletedTask;
    }
}
