using System.Net;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.Dummy;

[assembly: Driver(DriverGroup.Iaas, "DummyIaasDriver", typeof(DummyIaasDriver))]

namespace VmShepherd.Drivers.Iaas.Dummy;

/// <summary>An IaaS without an IaaS: a <see cref="SimulatedCloud"/> of its own, or one shared with other processes.</summary>
public sealed class DummyIaasDriver : IIaasDriver, IAsyncDisposable
{
    readonly IIaasDriver _cloud;
    readonly Task<DummyCloudServer>? _control;

    /// <exception cref="ArgumentException">The options contradict one another.</exception>
    public DummyIaasDriver(DummyIaasOptions options, DriverContext context)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(context);
        if (options.Connect is { } url)
        {
            if (options.Control is not null || options.ServeHttp is not null)
                throw new ArgumentException("connect: the shared cloud has its own `control` and `serve_http`; give them to `vmshepherd dummy-cloud`");
            _cloud = new DummyCloudClient(url, context.Time);
            return;
        }

        SimulatedCloud own = SimulatedCloud.From(options, context);
        _cloud = own;
        if (options.Control is { } port) _control = DummyCloudServer.StartAsync(new IPEndPoint(IPAddress.Loopback, port), own);
    }

    public TimeSpan VisibilityGrace => _cloud.VisibilityGrace;

    public async Task<string> GetScopeAsync(CancellationToken cancellationToken)
    {
        await ControlAsync();
        return await _cloud.GetScopeAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<Vm>> ListAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        await ControlAsync();
        return await _cloud.ListAsync(presets, cancellationToken);
    }

    public async Task<Vm?> FindAsync(string id, CancellationToken cancellationToken)
    {
        await ControlAsync();
        return await _cloud.FindAsync(id, cancellationToken);
    }

    public async Task<string> CreateAsync(VmRequest request, CancellationToken cancellationToken)
    {
        await ControlAsync();
        return await _cloud.CreateAsync(request, cancellationToken);
    }

    public async Task TerminateAsync(VmTermination termination, CancellationToken cancellationToken)
    {
        await ControlAsync();
        await _cloud.TerminateAsync(termination, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (_control is { IsCompletedSuccessfully: true }) await (await _control).DisposeAsync();
        (_cloud as IDisposable)?.Dispose();
    }

    /// <summary>Whoever ordered a control endpoint and cannot have it is told in every call, instead of wondering who does not answer there.</summary>
    async ValueTask ControlAsync()
    {
        if (_control is null or { IsCompletedSuccessfully: true }) return;
        try
        {
            await _control;
        }
        catch (IOException busy)
        {
            throw new IaasException(IaasFailure.Unavailable, $"control: {busy.Message}; choose another port", busy);
        }
    }
}
