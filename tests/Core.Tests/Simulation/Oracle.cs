using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using VmShepherd.Drivers.Iaas.Dummy;

namespace Core.Tests.Simulation;

/// <summary>
/// Watches every call that is sent and every effect in the cloud, and knows what must never be. It relies on the cloud's ledger, the store's grants and what checks
/// answered; of the shepherd's own words only on those it has put into the store before it acted.
/// </summary>
sealed partial class Oracle(World world)
{
    /// <summary>An act on its way.</summary>
    sealed record Sent(Instance Instance, string Preset, Grant Grant, TimeSpan At, Cause? Cause);

    readonly Leases _leases = new(world.Time);
    readonly Dictionary<string, Sent> _creates = new(StringComparer.Ordinal);
    readonly Dictionary<(string Vm, Instance Instance), Sent> _ends = [];
    readonly HashSet<string> _intents = new(StringComparer.Ordinal);
    readonly Dictionary<string, TimeSpan> _released = new(StringComparer.Ordinal);
    readonly Dictionary<string, List<(TimeSpan Until, int Count)>> _counts = new(StringComparer.Ordinal);

    /// <summary>The first promise that was broken; null = none was.</summary>
    public string? Violation { get; private set; }

    /// <summary>Ends that persons asked for.</summary>
    public HashSet<string> Requested { get; } = new(StringComparer.Ordinal);

    readonly Dictionary<string, TimeSpan> _lastEffect = new(StringComparer.Ordinal);

    /// <summary>When anything last happened to a machine of this name.</summary>
    public TimeSpan LastEffect(string preset) => _lastEffect.GetValueOrDefault(preset);

    public int InFlight(string preset) => _creates.Values.Count(sent => sent.Preset == preset);

    public void Broken(string invariant, string text) => Violation ??= $"{invariant}: {text}";

    TimeSpan Now => world.Time.Elapsed;

    Preset Preset(string name) => world.Latest(name);

    // What was wanted until a moment ago may still be on its way: the longest way is a lease and the age of a list.
    TimeSpan Lately => Now - (world.Scenario.Lease * 4) - TimeSpan.FromSeconds(30);

    int MostWanted(string preset) => Wanted(preset).Max();

    int LeastWanted(string preset) => Wanted(preset).Min();

    IEnumerable<int> Wanted(string preset)
    {
        if (!_counts.TryGetValue(preset, out var past)) past = [];
        IEnumerable<int> wanted = past.Where(count => count.Until >= Lately).Select(count => count.Count).Append(Preset(preset).Count);

        // While the source says one drastic count after another, or nobody looks, the group is kept at what was once wanted, however long ago (G17).
        return InForce(preset) is { } kept && past.Exists(count => count.Count == kept) ? wanted.Append(kept) : wanted;
    }

    /// <summary>The count that is in doubt, as the store has it.</summary>
    int? InForce(string preset) => world.Alive.FirstOrDefault()?.Remembers(preset) is { CountChange: not null } history ? history.Count : null;

    /// <summary>It is about to: what was wanted until now may still be on its way.</summary>
    public void CountChanges(string preset)
    {
        if (!_counts.TryGetValue(preset, out var past)) _counts.Add(preset, past = []);
        past.Add((Now, Preset(preset).Count));
    }

    public void Released(string preset) => _released[preset] = Now;

    public void StoreLost()
    {
        // Debts, failed checks and who ever passed are remembered by the store (G9, G7): the next life begins without them.
        _debts.Clear();
        _streaks.Clear();
        foreach (Machine machine in world.Scenario.Presets.SelectMany(preset => world.Truth.Existing(preset.Name))) machine.HasPassed = false;
    }

    public void Granted(Instance instance, PresetLease lease)
    {
        CheckTakeover(instance, lease);
        if (_leases.Add(instance, lease, world.ClockSetForwardAt) is { } broken) Broken("I10 tokens rise", $"{lease.Preset}: {broken}");
        if (world.Scenario.Mode == StoreMode.Survives && !lease.CleanHandover) world.Tally.Add("takeover of a lease that was not given back");
    }

    /// <summary>I10: whoever held it before writes in vain.</summary>
    public void LateWrite(PresetLease lease, bool changed)
    {
        if (changed) Broken("I10 an older token changes nothing", $"{lease.Preset}: {lease.Token} has written");
        world.Tally.Add("late write under an older token");
    }

    /// <summary>L3: a preset whose holder died is taken over within a cycle of its lease's end, as far as there is somebody to take over and nothing else in the way.</summary>
    void CheckTakeover(Instance instance, PresetLease lease)
    {
        if (!instance.IsAlive || world.Faults.Stormy || lease.CleanHandover || _leases.Newest(instance.Generation, lease.Preset) is not { Instance.IsAlive: false } left) return;
        TimeSpan since = new[] { left.Until, world.Faults.CalmSince, instance.StartedAt, world.LeasesProlongedAt + lease.Duration ?? default }.Max();
        world.Tally.Add("takeover in good weather");
        if (Now - since > world.Scenario.WorkerInterval + OneCycle) Broken("L3 takeover within lease and one cycle", $"{lease.Preset} was free from {since} on, and taken over {Now - since} later");
    }

    /// <summary>Other presets of the lane may be in the middle of theirs.</summary>
    static readonly TimeSpan OneCycle = TimeSpan.FromSeconds(30);

    public void Renewed(Instance instance, PresetLease lease, TimeSpan duration)
    {
        world.Tally.Add("lease renewed");
        if (_leases.Find(instance.Generation, lease.Preset, lease.Token.ToString()) is { } grant) grant.Until = Now + duration;
    }

    public void CreateSent(Instance instance, VmRequest request)
    {
        string token = request.Metadata[VmMetadata.Token], intent = request.IntentId, preset = request.Preset;
        if (Lease(instance, preset, token) is not { } grant) return;
        if (!_intents.Add(intent)) Broken("I2 one create for each intent", $"{preset}: {intent} is sent again");
        if (!IsLost(grant) && instance.Remembers(preset)?.Intents.Any(open => open.Id == intent) != true)
            Broken("I2 intents are saved before creates are sent", $"{preset}: {intent} is not in the store");
        _creates.Add(intent, new Sent(instance, preset, grant, Now, null));
        CheckCeiling(preset, $"create {intent} is sent");
    }

    /// <summary>It never arrived, or was refused: nothing can come of it any more.</summary>
    public void CreateFailed(string intent) => _creates.Remove(intent);

    public void EndSent(Instance instance, VmTermination end)
    {
        if (Lease(instance, end.Preset, end.Token) is not { } grant) return;
        History? stored = instance.Remembers(end.Preset);
        Ending? ending = stored?.Machines.FirstOrDefault(machine => machine.Id == end.Id)?.Ending;
        Cause? cause = ending?.Cause;
        if (ending is null && !Requested.Contains(end.Id) && !IsLost(grant)) Broken("I3 ends are announced", $"{end.Preset}: the end of {end.Id} is not in the store");
        if (Requested.Contains(end.Id) && (ending is null || ending.By is not null)) cause = Cause.Requested;
        var sent = new Sent(instance, end.Preset, grant, Now, cause);
        _ends[(end.Id, instance)] = sent;
        if (world.Truth.Find(end.Id) is { IsGone: false } machine) CheckEnd(sent, machine);
    }

    /// <summary>What was stored under it may have been lost by now.</summary>
    bool IsLost(Grant grant) => world.FailedOverAt >= grant.At;

    /// <summary>G18: who acts holds the newest lease, and it has not run out.</summary>
    Grant? Lease(Instance instance, string preset, string token)
    {
        if (_leases.Find(instance.Generation, preset, token) is not { } grant)
        {
            Broken("I3 every act under a token", $"{preset}: {token} was never granted to {instance.Id}");
            return null;
        }

        if (Now >= grant.Until) Broken("I3 every act inside its token's time", $"{preset}: sent {Now - grant.Until} after the end of {token}");
        if (_leases.Newest(instance.Generation, preset) != grant && !(world.ClockSetForwardAt >= grant.At)) Broken("I3 every act by the newest token", $"{preset}: {token} acts, {_leases.Newest(instance.Generation, preset)!.Token} is newer");
        if (_released.TryGetValue(preset, out TimeSpan at) && !world.Presets.ContainsKey(preset) && grant.At > at + world.Scenario.Lease * 4)
            Broken("I8 no preset, no act", $"{preset} was released at {at}");
        if (preset == World.PoisonedPreset && world.PoisonedGeneration == instance.Generation) Broken("L4 what can't be read is not acted on", preset);
        if (world.Faults.Lasts(Mischief.WrongScope) && grant.SeenFrom > world.Faults.WrongScopeSince)
            Broken("I7 another scope is not home", $"{preset} is acted on in another scope");
        return grant;
    }

    public void Recorded(LedgerEntry entry)
    {
        _lastEffect[entry.Preset] = Now;
        world.Ledger.Add($"{Now:c} {entry.Op} {entry.Preset} {entry.Id} {entry.Intent} {entry.Token}");
        world.Say($"   cloud: {entry.Op} {entry.Preset} {entry.Id} {entry.Intent} {entry.Token}");
        Machine? before = world.Truth.Find(entry.Id);
        if (entry.Op == LedgerOp.Terminate && entry.Token != World.ByHand) EndHappens(entry, before!);
        Machine machine = world.Truth.Record(entry, world.Cloud.BootTime);
        if (entry.Op == LedgerOp.Create && entry.Intent is { } intent) CreateHappened(entry, machine, intent);
    }

    void CreateHappened(LedgerEntry entry, Machine machine, string intent)
    {
        if (!_creates.Remove(intent, out Sent? sent))
        {
            Broken("I2 one create for each intent", $"{entry.Id} was made for {intent}, which was not on its way");
            return;
        }

        CheckInTime(sent, $"create {intent}");
        CheckCeiling(machine.Preset, $"{machine.Id} is made");
    }

    void EndHappens(LedgerEntry entry, Machine machine)
    {
        Sent[] all = [.. _ends.Where(end => end.Key.Vm == entry.Id && end.Value.Grant.Token.ToString() == entry.Token).Select(end => end.Value)];
        if (all.Length == 0)
        {
            Broken("I3 every act under a token", $"nobody sent the end of {entry.Id} under {entry.Token}");
            return;
        }

        CheckInTime(all[^1], $"the end of {entry.Id}");
        if (machine.Owner == Owner.Foreign) Broken("I6 nothing of another owner is ended", machine.Id);
        if (entry.Preset != machine.Preset) Broken("I6 nothing of another preset is ended", $"{machine.Id} of {machine.Preset}, for {entry.Preset}");
        Owe(all[^1], machine);
    }

    /// <summary>A call that was sent in time has its effect before the lease's end; a newer token may be there by then only if it was given back.</summary>
    void CheckInTime(Sent sent, string what)
    {
        if (Now >= sent.Grant.Until) Broken("I3 every act inside its token's time", $"{sent.Preset}: {what} happened {Now - sent.Grant.Until} after the end of {sent.Grant.Token}");
    }

    /// <summary>
    /// I1, as strict as it can be: what lives and what may still come into being, together, are never more than wanted, but for machines that nobody could reckon with.
    /// Machines whose end is accepted do not exist any more in this cloud, and those near their shutdown do not count.
    /// </summary>
    void CheckCeiling(string preset, string what)
    {
        TimeSpan timeout = Preset(preset).Limits.CreationTimeout;
        Machine[] alive = [.. world.Truth.Ours(preset).Where(machine => world.Truth.Counts(machine, timeout))];
        int surprises = alive.Count(Truth.IsSurprise), coming = InFlight(preset), most = MostWanted(preset);
        if (alive.Length + coming > most + surprises)
            Broken("I1 ceiling", $"{preset}: {what}; {alive.Length} alive ({surprises} of them by surprise), {coming} on their way, {most} wanted");
    }
}
