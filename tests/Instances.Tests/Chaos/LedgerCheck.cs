using System.Globalization;
using System.Text;
using VmShepherd.Abstractions;

namespace Instances.Tests.Chaos;

/// <summary>What the ledger is held against.</summary>
/// <param name="Counts">Machines wanted of each preset.</param>
/// <param name="Faults">Kinds that must have fired.</param>
sealed record Expected(IReadOnlyDictionary<string, int> Counts, IReadOnlyCollection<string> Faults);

/// <summary>
/// Goes through a ledger from the first line to the last and says what should not have been. Knows nothing but the ledger and what was asked for, and waits for nothing:
/// the same ledger always has the same verdict.
/// </summary>
sealed class LedgerCheck
{
    /// <param name="Token">Rises with each grant.</param>
    /// <param name="From">When it was granted.</param>
    sealed record Grant(LeaseToken Token, DateTimeOffset From)
    {
        public DateTimeOffset Until { get; set; }
        public bool IsGivenBack { get; set; }
    }

    enum Health { Good, Ill, Dead }

    sealed record Machine(string Id, string Preset)
    {
        public Health Health { get; set; }
    }

    readonly Expected _expected;
    readonly Dictionary<string, List<Grant>> _grants = new(StringComparer.Ordinal);
    readonly Dictionary<string, Machine> _machines = new(StringComparer.Ordinal);
    readonly HashSet<string> _intents = new(StringComparer.Ordinal), _seen = new(StringComparer.Ordinal);
    readonly SortedDictionary<string, int> _happened = new(StringComparer.Ordinal);
    readonly List<string> _violations = [];
    LedgerLine _line = null!;
    int _number;

    LedgerCheck(Expected expected) => _expected = expected;

    /// <summary>In the order of the ledger; empty = it shows what was promised.</summary>
    public IReadOnlyList<string> Violations => _violations;

    public static LedgerCheck Of(IReadOnlyList<LedgerLine> ledger, Expected expected)
    {
        var check = new LedgerCheck(expected);
        foreach (LedgerLine line in ledger) check.Take(line);
        check.CheckEnd();
        return check;
    }

    /// <summary>How often each kind of line was there.</summary>
    public override string ToString()
    {
        var text = new StringBuilder().AppendLine(CultureInfo.InvariantCulture, $"{_number} lines, {_expected.Counts.Count} presets, {_machines.Count} machines at the end, {_violations.Count} violations");
        foreach ((string what, int times) in _happened) text.AppendLine(CultureInfo.InvariantCulture, $"  {times,7} {what}");
        return text.ToString();
    }

    void Take(LedgerLine line)
    {
        _line = line;
        _number++;
        Count(line.Op == "fault" ? $"fault: {line.Preset}" : line.Op);
        switch (line.Op)
        {
            case "grant": TakeGrant(); break;
            case "renew": TakeRenewal(); break;
            case "give_back" when GrantOfLine() is { } grant: grant.IsGivenBack = true; break;
            case "create": TakeCreate(); break;
            case "terminate": TakeEnd(); break;
            case "die" or "error": TakeIllness(Health.Dead); break;
            case "hang": TakeIllness(Health.Ill); break;
            case "fault": break;
            default: Violated($"nobody knows what '{line.Op}' is"); break;
        }
    }

    void TakeGrant()
    {
        var grant = new Grant(Token(), _line.Time) { Until = _line.Until!.Value };
        if (!_grants.TryGetValue(_line.Preset, out List<Grant>? all)) _grants.Add(_line.Preset, all = []);
        if (all.Count > 0)
        {
            if (grant.Token <= all[^1].Token) Violated($"token {grant.Token} follows {all[^1].Token}: tokens go back");
            if (!all[^1].IsGivenBack && _line.Time < all[^1].Until) Violated($"{all[^1].Token} is neither given back nor over: two hold the preset");
        }

        all.Add(grant);
    }

    void TakeRenewal()
    {
        if (GrantOfLine() is not { } grant) return;
        if (grant.IsGivenBack || _line.Time >= grant.Until || grant != _grants[_line.Preset][^1]) Violated("a lease is renewed that is not in force any more");
        grant.Until = _line.Until!.Value;
    }

    void TakeCreate()
    {
        CheckAct();
        if (_line.Intent is null || !_intents.Add(_line.Intent)) Violated("a machine for no intent, or for one that had its machine");
        if (!_seen.Add(_line.Id!)) Violated($"{_line.Id} is made twice");
        _machines[_line.Id!] = new Machine(_line.Id!, _line.Preset);
        int alive = _machines.Values.Count(machine => machine.Preset == _line.Preset && machine.Health != Health.Dead), most = _expected.Counts.GetValueOrDefault(_line.Preset);
        if (alive > most) Violated($"{alive} machines of {most}: above the ceiling");
    }

    void TakeEnd()
    {
        CheckAct();
        if (!_machines.Remove(_line.Id!, out Machine? machine))
        {
            Violated($"{_line.Id} is not there");
            return;
        }

        if (machine.Health == Health.Good) Violated($"{machine.Id} was healthy");
        if (machine.Preset != _line.Preset) Violated($"{machine.Id} belongs to {machine.Preset}");
    }

    void TakeIllness(Health health)
    {
        if (_machines.TryGetValue(_line.Id!, out Machine? machine)) machine.Health = health;
        else Violated($"{_line.Id} is not there");
    }

    /// <summary>
    /// An act has its effect after its token was granted and before that lease's end. A newer token may be there by then only if this one was given back: a call whose
    /// answer is not waited for any longer is still on its way then, and is counted apart.
    /// </summary>
    void CheckAct()
    {
        if (GrantOfLine() is not { } grant) return;
        if (_line.Time < grant.From) Violated($"{grant.Token} was granted only later");
        if (_line.Time >= grant.Until) Violated($"{(_line.Time - grant.Until).TotalSeconds:0.000} s after the end of {grant.Token}");
        if (grant.IsGivenBack) Count($"{_line.Op} that was on its way when its token was given back");
        else if (_grants[_line.Preset][^1] is { } newest && newest != grant) Violated($"{newest.Token} is in force");
    }

    void CheckEnd()
    {
        _line = new LedgerLine(default, "end", "");
        foreach (var (preset, count) in _expected.Counts)
        {
            Machine[] machines = [.. _machines.Values.Where(machine => machine.Preset == preset)];
            int good = machines.Count(machine => machine.Health == Health.Good);
            if (good != count) Violated($"{preset} has {good} healthy machines of {count}");
            if (machines.Length > good) Violated($"{preset} has {machines.Length - good} machines that are dead or ill: they are leaked");
        }

        foreach (Machine machine in _machines.Values.Where(machine => !_expected.Counts.ContainsKey(machine.Preset))) Violated($"{machine.Id} of {machine.Preset}, which nobody asked for, is leaked");
        foreach (string kind in _expected.Faults.Where(kind => !_happened.ContainsKey($"fault: {kind}"))) Violated($"no {kind} has happened: this run shows nothing of it");
    }

    Grant? GrantOfLine()
    {
        LeaseToken token = Token();
        Grant? grant = _grants.GetValueOrDefault(_line.Preset)?.FindLast(grant => grant.Token == token);
        if (grant is null) Violated("this token was granted to nobody");
        return grant;
    }

    LeaseToken Token() =>
        _line.Token?.Split('.') is [var timeline, var counter] ? new LeaseToken(long.Parse(timeline, CultureInfo.InvariantCulture), long.Parse(counter, CultureInfo.InvariantCulture)) : default;

    void Count(string what) => _happened[what] = _happened.GetValueOrDefault(what) + 1;

    void Violated(string why) =>
        _violations.Add($"line {_number}, {_line.Time:HH:mm:ss.ffffff} {_line.Op} {_line.Preset} {_line.Id} {_line.Token}: {why}");
}
