using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.Dummy;
using VmShepherd.Testing;

namespace VmShepherd.Server.Tests.Conformance;

/// <summary>A sound cloud, broken in one promise.</summary>
sealed class BrokenIaas(IIaasDriver sound, string broken) : IIaasDriver
{
    int _scopes;
    int _graces;
    readonly Dictionary<string, string> _userdata = [];

    bool Is(string promise) => broken == promise;

    public TimeSpan VisibilityGrace => Is("grace") ? TimeSpan.FromSeconds(Math.Max(0, 1 - (0.5 * _graces++))) : sound.VisibilityGrace;

    public async Task<string> GetScopeAsync(CancellationToken cancellationToken) => Is("scope") ? $"scope-{_scopes++}" : await sound.GetScopeAsync(cancellationToken);

    public async Task<IReadOnlyList<Vm>> ListAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        if (Is("cancel")) cancellationToken = CancellationToken.None;
        IReadOnlyList<Vm> vms = await sound.ListAsync(presets, cancellationToken);
        if (Is("userdata")) vms = [.. vms.Select(vm => vm with { Tags = [_userdata.GetValueOrDefault(vm.Name, "")] })];
        if (Is("short list")) return [.. vms.Skip(1)];
        if (Is("names")) return [.. vms, .. vms.Count > 0 ? await sound.ListAsync([vms[0].Name.ToUpperInvariant()], cancellationToken) : []];
        if (Is("first preset only")) return [.. vms.Where(vm => vm.Name == presets.First())];
        return vms;
    }

    public async Task<Vm?> FindAsync(string id, CancellationToken cancellationToken)
    {
        Vm? vm = await sound.FindAsync(id, cancellationToken);
        if (vm is null && Is("unknown")) throw new IaasException(IaasFailure.Rejected, "there is no such machine");
        if (Is("addresses")) vm = vm is null ? null : vm with { Addresses = ["127.0.0.1:80"] };
        return Is("find") ? null : vm;
    }

    public async Task<string> CreateAsync(VmRequest request, CancellationToken cancellationToken)
    {
        if (request.UserData is { } text) _userdata[request.Preset] = text;
        if (Is("metadata")) request = request with { Metadata = new Dictionary<string, string>() };
        if (Is("late")) request = request with { SendBefore = null };
        string id = await sound.CreateAsync(request, cancellationToken);
        if (!Is("waits")) return id;
        while ((await sound.FindAsync(id, cancellationToken))?.State != VmState.Running) await Task.Delay(20, cancellationToken);
        return id;
    }

    public async Task TerminateAsync(VmTermination termination, CancellationToken cancellationToken)
    {
        if (Is("gone") && await sound.FindAsync(termination.Id, cancellationToken) is null) throw new IaasException(IaasFailure.Rejected, "there is no such machine");
        if (Is("ends others"))
        {
            foreach (Vm vm in await sound.ListAsync([termination.Preset], cancellationToken)) await sound.TerminateAsync(new VmTermination(vm.Id, vm.Name, termination.Token), cancellationToken);
        }
        await sound.TerminateAsync(termination, cancellationToken);
    }
}

/// <summary>An IaaS where nobody answers, which says so as it should, or as it should not.</summary>
sealed class UnreachableIaas(string broken) : IIaasDriver
{
    public TimeSpan VisibilityGrace => TimeSpan.Zero;

    public Task<string> GetScopeAsync(CancellationToken cancellationToken) => Task.FromException<string>(Failure());

    public Task<IReadOnlyList<Vm>> ListAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken) =>
        broken == "empty when down" ? Task.FromResult<IReadOnlyList<Vm>>([]) : Task.FromException<IReadOnlyList<Vm>>(Failure());

    public Task<Vm?> FindAsync(string id, CancellationToken cancellationToken) => broken == "unknown when down" ? Task.FromResult<Vm?>(null) : Task.FromException<Vm?>(Failure());

    public Task<string> CreateAsync(VmRequest request, CancellationToken cancellationToken) => Task.FromException<string>(broken == "tells userdata" ? new IaasException(IaasFailure.Unavailable, $"{request.UserData}") : Failure());

    public Task TerminateAsync(VmTermination termination, CancellationToken cancellationToken) => Task.FromException(Failure());

    Exception Failure() => broken == "another exception" ? new HttpRequestException("nobody listens") : new IaasException(IaasFailure.Unavailable, "nobody listens");
}

sealed class BrokenIaasConformance(string broken) : IaasDriverConformance
{
    protected override TimeSpan BootTimeout => TimeSpan.FromSeconds(20);

    protected override TimeSpan EndTimeout => TimeSpan.FromSeconds(20);

    protected override TimeSpan Poll => TimeSpan.FromMilliseconds(50);

    protected override Task<IIaasDriver> CreateDriverAsync() => Task.FromResult<IIaasDriver>(new BrokenIaas(
        new DummyIaasDriver(new DummyIaasOptions { BootTime = TimeSpan.FromSeconds(0.3) }, new DriverContext(TimeProvider.System, new Random(1), "/")), broken));

    protected override Task<IIaasDriver> CreateUnreachableDriverAsync() => Task.FromResult<IIaasDriver>(new UnreachableIaas(broken));
}
