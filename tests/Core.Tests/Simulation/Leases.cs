using VmShepherd.Abstractions;

namespace Core.Tests.Simulation;

/// <summary>One right to manage a preset, as the store gave it.</summary>
sealed class Grant(LeaseToken token, Instance instance, TimeSpan at, TimeSpan until)
{
    public LeaseToken Token { get; } = token;
    public Instance Instance { get; } = instance;
    public TimeSpan At { get; } = at;

    /// <summary>What its holder goes by was seen then, or later: a finished list serves for a while, and a list that is on its way for as long as it takes.</summary>
    public TimeSpan SeenFrom { get; } = Min(at - ListLifetime, instance.OldestLook ?? at);

    public TimeSpan Until { get; set; } = until;

    static readonly TimeSpan ListLifetime = TimeSpan.FromSeconds(15);

    static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    /// <summary>What the checks of this run said and the store does not know yet.</summary>
    public List<(string Vm, Verdict Verdict, TimeSpan At)> Unsaved { get; } = [];

    /// <summary>What the checks of this run said.</summary>
    public Dictionary<string, Verdict> Verdicts { get; } = new(StringComparer.Ordinal);
}

/// <summary>Every grant of every store, as the store's side saw it.</summary>
sealed class Leases(VirtualTime time)
{
    readonly Dictionary<(int Generation, string Preset), List<Grant>> _grants = [];

    public Grant? Newest(int generation, string preset) => _grants.TryGetValue((generation, preset), out List<Grant>? all) ? all[^1] : null;

    public Grant? Find(int generation, string preset, string token) =>
        _grants.TryGetValue((generation, preset), out List<Grant>? all) ? all.FindLast(grant => grant.Token.ToString() == token) : null;

    /// <summary>Null when the token has risen (I10).</summary>
    /// <param name="instance">Who was granted it.</param>
    /// <param name="lease">What.</param>
    /// <param name="cutShortAt">When leases last ended early.</param>
    public string? Add(Instance instance, PresetLease lease, TimeSpan? cutShortAt)
    {
        if (!_grants.TryGetValue((instance.Generation, lease.Preset), out List<Grant>? all)) _grants.Add((instance.Generation, lease.Preset), all = []);
        string? broken = all.Count > 0 && lease.Token <= all[^1].Token ? $"token {lease.Token} follows {all[^1].Token}"
            : all.Count > 0 && !lease.CleanHandover && time.Elapsed < all[^1].Until && !(cutShortAt >= all[^1].At) ? $"token {lease.Token} was granted while {all[^1].Token} was in force" : null;
        all.Add(new Grant(lease.Token, instance, time.Elapsed, time.Elapsed + lease.Duration));
        return broken;
    }
}
