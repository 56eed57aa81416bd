using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;

namespace Core.Tests.Loop;

/// <summary>An IaaS of which a test decides every answer. Keeps its machines in a list, and writes down every call.</summary>
sealed class FakeIaas(List<string> log) : IIaasDriver
{
    int _made;

    public List<Vm> Machines { get; } = [];
    public string Scope { get; set; } = "cloud";
    public TimeSpan VisibilityGrace { get; set; }
    public List<VmRequest> Requests { get; } = [];

    public Func<CancellationToken, Task> OnList { get; set; } = _ => Task.CompletedTask;
    public Func<string, CancellationToken, Task> OnFind { get; set; } = (_, _) => Task.CompletedTask;
    public Func<VmRequest, CancellationToken, Task> OnCreate { get; set; } = (_, _) => Task.CompletedTask;
    public Func<VmTermination, CancellationToken, Task> OnTerminate { get; set; } = (_, _) => Task.CompletedTask;

    public Vm Add(string id, string preset = "web", VmState state = VmState.Running)
    {
        var vm = new Vm(id, preset, state, null) { Metadata = new Dictionary<string, string> { [VmMetadata.Installation] = "default" } };
        Machines.Add(vm);
        return vm;
    }

    public void Change(string id, VmState state)
    {
        int index = Machines.FindIndex(vm => vm.Id == id);
        Machines[index] = Machines[index] with { State = state };
    }

    // Calls come side by side.
    void Note(string call)
    {
        lock (log) log.Add(call);
    }

    public Task<string> GetScopeAsync(CancellationToken cancellationToken) => Task.FromResult(Scope);

    public async Task<IReadOnlyList<Vm>> ListAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        Note("list");
        await OnList(cancellationToken);
        return [.. Machines.Where(vm => presets.Contains(vm.Name))];
    }

    public async Task<Vm?> FindAsync(string id, CancellationToken cancellationToken)
    {
        Note($"find {id}");
        await OnFind(id, cancellationToken);
        return Machines.Find(vm => vm.Id == id);
    }

    public async Task<string> CreateAsync(VmRequest request, CancellationToken cancellationToken)
    {
        Note("create");
        Requests.Add(request);
        await OnCreate(request, cancellationToken);
        var vm = new Vm($"new{++_made}", request.Preset, VmState.Running, null) { Metadata = request.Metadata };
        Machines.Add(vm);
        return vm.Id;
    }

    public async Task TerminateAsync(VmTermination termination, CancellationToken cancellationToken)
    {
        Note($"terminate {termination.Id}");
        await OnTerminate(termination, cancellationToken);
        Machines.RemoveAll(vm => vm.Id == termination.Id);
    }
}

/// <summary>A store whose calls are written down, and can be made to fail.</summary>
sealed class WatchedStore(IRuntimeDriver inner, List<string> log) : IRuntimeDriver
{
    public Func<Task<bool>>? OnSave { get; set; }
    public Func<Task<bool>>? OnComplete { get; set; }
    public Func<Task>? OnClaim { get; set; }
    public Func<Task<IReadOnlyList<bool>>>? OnRenew { get; set; }

    public async Task<IReadOnlyList<PresetLease>> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        if (OnClaim is { } claim) await claim();
        return await inner.ClaimAsync(request, cancellationToken);
    }

    public async Task<bool> SaveAsync(PresetLease lease, ReadOnlyMemory<byte> state, bool acted, CancellationToken cancellationToken)
    {
        log.Add(acted ? "save acted" : "save");
        return OnSave is { } save ? await save() : await inner.SaveAsync(lease, state, acted, cancellationToken);
    }

    public async Task<bool> CompleteAsync(PresetLease lease, ReadOnlyMemory<byte>? state, TimeSpan dueIn, CancellationToken cancellationToken)
    {
        log.Add($"complete{(state is null ? "" : " with state")}{(lease.Requests.Count > 0 ? $", {lease.Requests.Count} request(s)" : "")}");
        return OnComplete is { } complete ? await complete() : await inner.CompleteAsync(lease, state, dueIn, cancellationToken);
    }

    public Task<IReadOnlyList<bool>> RenewAsync(IReadOnlyList<PresetLease> leases, TimeSpan lease, CancellationToken cancellationToken)
    {
        log.Add("renew");
        return OnRenew is { } renew ? renew() : inner.RenewAsync(leases, lease, cancellationToken);
    }

    public Task<IReadOnlyDictionary<string, VersionedDocument>> ReadAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken) => inner.ReadAsync(presets, cancellationToken);

    public Task RequestAsync(string preset, string request, CancellationToken cancellationToken) => inner.RequestAsync(preset, request, cancellationToken);

    public Task ForgetAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken) => inner.ForgetAsync(presets, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();
}

/// <summary>A check of which a test decides every verdict.</summary>
sealed class FakeCheck(Func<Vm, CancellationToken, ValueTask<Verdict>> check) : IHealthcheckDriver
{
    public FakeCheck(Func<Vm, Verdict> check) : this((vm, _) => new(check(vm)))
    {
    }

    public ValueTask<Verdict> CheckAsync(Vm vm, CancellationToken cancellationToken) => check(vm, cancellationToken);
}

sealed class FakeUserdata : IUserdataRenderer
{
    public RenderedUserdata Answer { get; set; } = new("#cloud-config", null);

    public ValueTask<RenderedUserdata> RenderAsync(Preset preset, CancellationToken cancellationToken) => new(Answer);
}
