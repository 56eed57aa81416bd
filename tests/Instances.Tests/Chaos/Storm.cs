using System.Diagnostics;
using System.Text.Json;
using Drivers.Tests.Runtime.Postgres;

namespace Instances.Tests.Chaos;

/// <summary>Does things to processes, to their ways to the store, to the store and to machines, all drawn from one seed; notes what it has done.</summary>
sealed class Storm(int seed, Estate estate, IReadOnlyList<Member> members, PostgresServer postgres)
{
    const string Kill = "kill", Pause = "pause", LongPause = "pause longer than the lease", Restart = "restart",
        Cut = "way to the store cut", Slow = "way to the store slow", HalfOpen = "way to the store half-open", LateAnswers = "commits answered late",
        StoreRestart = "store restarted", StoreCrash = "store crashed", Dead = "machine dead", InError = "machine in error", Hung = "machine hung";

    /// <summary>A young machine may not have passed a check yet; whoever dies then doubles its preset's wait (G13).</summary>
    static readonly TimeSpan GrownUp = TimeSpan.FromSeconds(10);

    readonly Random _random = new(seed), _machineRandom = new(seed ^ 0x5EED);
    readonly List<LedgerLine> _done = [];
    readonly List<Task> _lasting = [];
    readonly Dictionary<string, long> _harmedAt = new(StringComparer.Ordinal);
    Task _store = Task.CompletedTask;

    public static IReadOnlyList<string> Kinds { get; } = [LongPause, HalfOpen, Kill, Cut, StoreRestart, LateAnswers, Restart, Slow, Pause, StoreCrash, Dead, InError, Hung];

    public IReadOnlyList<LedgerLine> Done
    {
        get { lock (_done) return [.. _done]; }
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Rages for so long, then lets everything that lasts come to its end.</summary>
    public async Task RageAsync(TimeSpan duration)
    {
        long started = Stopwatch.GetTimestamp();
        bool IsOver() => Stopwatch.GetElapsedTime(started) > duration;
        Task machines = HarmMachinesAsync(IsOver);
        string[] deck = [.. Kinds.Take(10)];
        while (!IsOver())
        {
            foreach (string kind in deck)
            {
                if (IsOver()) break;
                if (!Strike(kind)) continue;
                await Task.Delay(Between(0.5, 3), Ct);
            }

            _random.Shuffle(deck);
            await Task.Delay(100, Ct);
        }

        await machines;
        await Task.WhenAll(_lasting);
    }

    /// <summary>False when there is nobody whom it could strike at the moment.</summary>
    bool Strike(string kind)
    {
        Task? blow = kind switch
        {
            StoreRestart or StoreCrash => _store.IsCompleted ? _store = StopStoreAsync(kind) : null,
            Kill or Pause or LongPause or Restart => Any(member => !member.IsStruck) is { } member ? StrikeProcessAsync(kind, member) : null,
            _ => Any(member => !member.IsWayStruck && !member.IsStruck) is { } member ? StrikeWayAsync(kind, member) : null,
        };
        if (blow is null) return false;
        _lasting.Add(blow);
        return true;
    }

    async Task StrikeProcessAsync(string kind, Member member)
    {
        TimeSpan length = kind switch
        {
            LongPause => Estate.Lease * (1.1 + 0.9 * _random.NextDouble()),
            Pause => Estate.Lease * _random.NextDouble(),
            _ => Between(0, 8),
        };
        member.IsStruck = true;
        try
        {
            await member.SignalAsync(kind switch { Kill => "KILL", Restart => "TERM", _ => "STOP" });
            Note(kind, member.Name);
            if (kind is Kill or Restart) await member.ExitsAsync();
            await Task.Delay(length, Ct);
            if (kind is Kill or Restart) member.Start();
            else await member.SignalAsync("CONT");
        }
        finally
        {
            member.IsStruck = false;
        }
    }

    async Task StrikeWayAsync(string kind, Member member)
    {
        (Weather weather, TimeSpan length, TimeSpan delay) = kind switch
        {
            Cut => (Weather.Cut, Between(1, 20), default),
            Slow => (Weather.Slow, Between(3, 20), Between(0.05, 1)),
            HalfOpen => (Weather.HalfOpen, Between(2, 25), default),
            _ => (Weather.LateAnswers, Between(5, 25), Between(1, Estate.Lease.TotalSeconds)),
        };
        member.IsWayStruck = true;
        try
        {
            member.Way.Change(weather, delay);
            await Task.Delay(length, Ct);
            if (member.Way.Struck > 0) Note(kind, member.Name);
            member.Way.Change(Weather.Fine);
        }
        finally
        {
            member.IsWayStruck = false;
        }
    }

    async Task StopStoreAsync(string kind)
    {
        TimeSpan away = Between(0, 6);
        await (kind == StoreCrash ? postgres.CrashServerAsync() : postgres.StopServerAsync());
        Note(kind, "store");
        await Task.Delay(away, Ct);
        await postgres.StartServerAsync();
    }

    async Task HarmMachinesAsync(Func<bool> isOver)
    {
        while (!isOver())
        {
            await Task.Delay(TimeSpan.FromSeconds(0.2 + 0.6 * _machineRandom.NextDouble()), Ct);
            JsonElement[] machines = await estate.MachinesAsync();
            HashSet<string> harmed = [.. machines.Where(machine => !IsGood(machine)).Select(Preset)];
            JsonElement[] fit = [.. machines.Where(machine => !harmed.Contains(Preset(machine)) && IsFit(machine))];
            if (fit.Length == 0) continue;
            JsonElement machine = fit[_machineRandom.Next(fit.Length)];
            string preset = Preset(machine), id = machine.GetProperty("id").GetString()!;
            (string kind, string path) = _machineRandom.Next(3) switch
            {
                0 when Estate.IsChecked(preset) => (Hung, "hang"),
                1 => (InError, "error"),
                _ => (Dead, "die"),
            };
            if (await estate.HarmAsync(id, path)) Note(kind, id);
            _harmedAt[preset] = Stopwatch.GetTimestamp();
        }
    }

    static string Preset(JsonElement machine) => machine.GetProperty("name").GetString()!;

    static bool IsGood(JsonElement machine) => machine.GetProperty("behaviour").GetString() == "good";

    /// <summary>Grown up, and no other of its preset is harmed or was lately: several at once are a matter of other brakes (G6, G7), which wait for minutes.</summary>
    bool IsFit(JsonElement machine) =>
        TimeProvider.System.GetUtcNow() - machine.GetProperty("created").GetDateTimeOffset() > GrownUp
        && (!_harmedAt.TryGetValue(Preset(machine), out long at) || Stopwatch.GetElapsedTime(at) > Estate.Lease * 3);

    Member? Any(Func<Member, bool> fits)
    {
        Member[] fit = [.. members.Where(fits)];
        return fit.Length == 0 ? null : fit[_random.Next(fit.Length)];
    }

    TimeSpan Between(double least, double most) => TimeSpan.FromSeconds(least + (most - least) * _random.NextDouble());

    void Note(string kind, string whom)
    {
        lock (_done) _done.Add(new LedgerLine(TimeProvider.System.GetUtcNow(), "fault", kind, whom));
    }
}
