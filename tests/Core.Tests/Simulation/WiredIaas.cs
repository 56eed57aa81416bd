using VmShepherd.Abstractions;

namespace Core.Tests.Simulation;

/// <summary>The cloud as one incarnation's driver sees it: through the wire, and with lists that err within what the contract and SAFETY allow for.</summary>
sealed class WiredIaas(World world, Instance instance, Wire wire) : IIaasDriver
{
    const string Home = "sim:home", Elsewhere = "sim:elsewhere";

    readonly List<TimeSpan> _looks = [];

    // A look asks for the scope, the list and the scope again, in one flow: that is how the second question is told from the first.
    readonly AsyncLocal<TimeSpan?> _listed = new();
    bool _elsewhere;

    /// <summary>When the oldest look was begun that has not ended.</summary>
    public TimeSpan? OldestLook => _looks.Count > 0 ? _looks.Min() : null;

    public TimeSpan VisibilityGrace => world.Scenario.VisibilityGrace;

    public async Task<string> GetScopeAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await wire.SendAsync(Hop.Scope, () =>
            {
                _elsewhere = world.Faults.Lasts(Mischief.WrongScope);
                return Task.FromResult(_elsewhere ? Elsewhere : Home);
            }, () => Lost(false));
        }
        finally
        {
            if (_listed.Value is { } begun) _looks.Remove(begun);
        }
    }

    public Task<IReadOnlyList<Vm>> ListAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken)
    {
        TimeSpan begun = world.Time.Elapsed;
        _looks.Add(begun);
        _listed.Value = begun;
        return SendListAsync(presets, begun);
    }

    async Task<IReadOnlyList<Vm>> SendListAsync(IReadOnlyCollection<string> presets, TimeSpan begun)
    {
        try
        {
            return await wire.SendAsync(Hop.List, () => ListedAsync(presets), () => Lost(false));
        }
        catch
        {
            _looks.Remove(begun);
            throw;
        }
    }

    async Task<IReadOnlyList<Vm>> ListedAsync(IReadOnlyCollection<string> presets)
    {
        ThrowInTrouble();
        if (_elsewhere) return [];
        List<Vm> vms = [.. (await world.Cloud.ListAsync(presets, CancellationToken.None)).Select(world.Truth.Shown)];
        if (world.Faults.Hits(world.Scenario.Repeats)) Repeat(vms);
        if (world.Faults.Hits(world.Scenario.ShortLists)) Shorten(vms, presets);
        return vms;
    }

    public Task<Vm?> FindAsync(string id, CancellationToken cancellationToken) => wire.SendAsync(Hop.Find, async () =>
    {
        ThrowInTrouble();
        return await world.Cloud.FindAsync(id, CancellationToken.None) is { } vm ? world.Truth.Shown(vm) : null;
    }, () => Lost(false));

    public Task<string> CreateAsync(VmRequest request, CancellationToken cancellationToken) => wire.SendAsync(Hop.Create, () =>
    {
        ThrowInTrouble();
        if (world.Faults.Lasts(Mischief.Rejected)) throw new IaasException(IaasFailure.Rejected, "no such image");
        return world.Cloud.CreateAsync(request, CancellationToken.None);
    }, () => Lost(true), () => world.Oracle.CreateSent(instance, request), () => world.Oracle.CreateFailed(request.IntentId));

    public Task TerminateAsync(VmTermination termination, CancellationToken cancellationToken) => wire.SendAsync(Hop.Terminate, async () =>
    {
        ThrowInTrouble();
        await world.Cloud.TerminateAsync(termination, CancellationToken.None);
        return true;
    }, () => Lost(true), () => world.Oracle.EndSent(instance, termination));

    void ThrowInTrouble()
    {
        if (world.Faults.Lasts(Mischief.CloudDown)) throw new IaasException(IaasFailure.Unavailable, "connection refused");
        if (world.Faults.Lasts(Mischief.Throttled)) throw new IaasException(IaasFailure.Throttled, "slow down") { RetryAfter = TimeSpan.FromSeconds(20) };
        if (world.Faults.Lasts(Mischief.Unauthorized)) throw new IaasException(IaasFailure.Unauthorized, "who are you?");
    }

    void Repeat(List<Vm> vms)
    {
        if (vms.Count == 0) return;
        world.Tally.Add("list with repeated entries");
        for (int i = world.Faults.Next(3); i >= 0; i--) vms.Insert(world.Faults.Next(vms.Count), vms[world.Faults.Next(vms.Count)]);
    }

    /// <summary>
    /// A list that lacks machines without saying so. The contract forbids it; the guard G5 is for drivers that break it nevertheless. What nobody remembers
    /// nobody can miss: so a short list lacks only machines that the store remembers. It lacks none whose create is still in doubt, and after the store was lost
    /// none until they have been listed and stored: there the shepherd has only the contract to rely on.
    /// </summary>
    void Shorten(List<Vm> vms, IReadOnlyCollection<string> presets)
    {
        HashSet<string> known = [.. presets.Select(preset => instance.Remembers(preset)).OfType<VmShepherd.Core.Planning.History>()
            .SelectMany(history => history.Machines).Where(machine => !machine.IsLeaving).Select(machine => machine.Id)];
        int share = world.Faults.Next(3) switch { 0 => 10, 1 => 50, _ => 100 };
        if (vms.RemoveAll(vm => known.Contains(vm.Id) && world.Faults.Next(100) < share) > 0) world.Tally.Add("short list");
    }

    static IaasException Lost(bool acts) => new(IaasFailure.Unavailable, "no answer") { EffectUnknown = acts };
}
