using System.Collections.Frozen;
using Core.Tests.Safety;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Core;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Status;
using Xunit;

namespace Core.Tests.Loop;

/// <summary>Two instances with one store: what one has found out, the other one shows.</summary>
public sealed class ReportExchangeTests
{
    readonly FakeTimeProvider _time = new(Given.Noon);
    readonly Store _store;
    readonly Side _mine, _theirs;

    public ReportExchangeTests()
    {
        _store = new Store();
        (_mine, _theirs) = (new Side("mine", _store, _time), new Side("theirs", _store, _time));
    }

    static PresetCatalog Catalog(params string[] presets) => new() { Presets = presets.ToFrozenDictionary(name => name, name => Given.Preset(1, name)) };

    static CycleReport Report(string instance, long token, CycleOutcome outcome = CycleOutcome.Done, string preset = "web") => new()
    {
        Preset = preset,
        Instance = instance,
        Token = new LeaseToken(1, token),
        Outcome = outcome,
        Started = Given.Noon,
        Took = TimeSpan.FromSeconds(2),
        Origin = "/presets/web.conf",
        Revision = "r",
        Desired = 2,
        Present = 1,
        Machines = [new MachineReport(new Vm("vm1", preset, VmState.Running, Given.Noon) { Addresses = ["10.0.0.1"], Metadata = new Dictionary<string, string> { ["role"] = "web" }, Tags = ["t"], TimedShutdownAt = Given.Noon }, "unhealthy", "fails")],
        Steps = [new StepResult(new Step.Create(1, "one missing"), null, IaasFailure.QuotaReached, "quota"), new StepResult(new Step.Terminate("vm0", Cause.Requested, "asked") { Request = new Request.Terminate("r1", "anna", "vm0") }, "vm0", null, null)],
        Held = [new Hold("pace", "too many", "wait") { Since = Given.Noon.AddMinutes(-1) }],
        Notes = ["a note"],
        Problems = ["a problem"],
        Answers = [new Answer("r1", true, "done")],
    };

    public static TheoryData<CycleOutcome> Outcomes => [.. Enum.GetValues<CycleOutcome>()];

    [Theory, MemberData(nameof(Outcomes))]
    public async Task What_one_instance_has_found_out_another_one_shows_whole(CycleOutcome outcome)
    {
        CycleReport told = _mine.Post(Report("mine", 1, outcome));
        await _mine.ExchangeAsync(Catalog("web"));
        await _theirs.ExchangeAsync(Catalog("web"));

        CycleReport shown = _theirs.Board.Find("web")!;
        Assert.Equal(System.Text.Json.JsonSerializer.Serialize(told), System.Text.Json.JsonSerializer.Serialize(shown));
        Assert.Equal(("mine", new LeaseToken(1, 1), Given.Noon), (shown.Instance, shown.Token, shown.ManagedSince));
    }

    [Fact]
    public async Task Times_are_moved_into_the_clock_of_whoever_reads()
    {
        _mine.Post(Report("mine", 1));
        await _mine.ExchangeAsync(Catalog("web"));
        _time.SetUtcNow(_time.GetUtcNow().AddYears(10));
        var late = new Side("late", _store, _time); // its steady clock begins here
        await late.ExchangeAsync(Catalog("web"));

        CycleReport shown = late.Board.Find("web")!;
        Assert.Equal(late.Clock.Now, shown.Started);
        Assert.Equal(late.Clock.Now.AddMinutes(-1), Assert.Single(shown.Held).Since);
        Assert.Equal(Given.Noon, shown.Machines[0].Vm.Created);
    }

    [Fact]
    public async Task A_preset_at_rest_is_told_once_whatever_tokens_and_times()
    {
        for (int token = 1; token <= 5; token++)
        {
            _mine.Post(Report("mine", token) with { Started = Given.Noon.AddMinutes(token) });
            await _mine.ExchangeAsync(Catalog("web"));
        }

        Assert.Equal(1, _store.Kept);
        _mine.Post(Report("mine", 6, CycleOutcome.Held));
        await _mine.ExchangeAsync(Catalog("web"));
        Assert.Equal(2, _store.Kept);
    }

    [Fact]
    public async Task Whoever_takes_over_is_shown_by_the_one_before_who_forgets_what_it_knew()
    {
        _mine.Post(Report("mine", 1));
        await _mine.ExchangeAsync(Catalog("web"));
        _time.Advance(TimeSpan.FromMinutes(1));
        _theirs.Post(Report("theirs", 2) with { Started = Given.Noon.AddMinutes(1) });
        await _theirs.ExchangeAsync(Catalog("web"));
        await _mine.ExchangeAsync(Catalog("web"));

        Assert.Equal(("theirs", Given.Noon.AddMinutes(1)), (_mine.Board.Find("web")!.Instance, _mine.Board.Find("web")!.ManagedSince));
        Assert.Equal(["web"], _mine.Lost);

        // And when it comes back, the same news are news again.
        _mine.Post(Report("mine", 3));
        await _mine.ExchangeAsync(Catalog("web"));
        await _theirs.ExchangeAsync(Catalog("web"));
        Assert.Equal("mine", _theirs.Board.Find("web")!.Instance);
    }

    [Fact]
    public async Task A_report_that_comes_late_does_not_hide_our_own_newer_one()
    {
        _theirs.Post(Report("theirs", 1));
        await _theirs.ExchangeAsync(Catalog("web"));
        _mine.Post(Report("mine", 2));
        await _mine.ExchangeAsync(Catalog("web"));

        Assert.Equal("mine", _mine.Board.Find("web")!.Instance);
        Assert.Empty(_mine.Lost);
    }

    [Fact]
    public async Task A_preset_that_comes_into_force_later_is_shown_as_others_have_seen_it()
    {
        _theirs.Post(Report("theirs", 1));
        await _theirs.ExchangeAsync(Catalog("web"));
        await _mine.ExchangeAsync(Catalog());
        Assert.Null(_mine.Board.Find("web"));

        _mine.Exchange.Adopt(Catalog("web"));
        Assert.Equal("theirs", _mine.Board.Find("web")!.Instance);
    }

    [Fact]
    public async Task A_store_that_fails_is_told_with_the_next_exchange()
    {
        _mine.Post(Report("mine", 1));
        _store.Fails = true;
        await _mine.ExchangeAsync(Catalog("web"));
        _store.Fails = false;
        await _mine.ExchangeAsync(Catalog("web"));
        Assert.Equal(1, _store.Kept);
    }

    [Fact]
    public async Task What_a_failover_of_the_store_has_lost_is_told_again()
    {
        _mine.Post(Report("mine", 1));
        await _mine.ExchangeAsync(Catalog("web"));
        _store.Lose();
        await _mine.ExchangeAsync(Catalog("web")); // hears that the history is another
        await _mine.ExchangeAsync(Catalog("web"));
        await _theirs.ExchangeAsync(Catalog("web"));

        Assert.Equal("mine", _theirs.Board.Find("web")!.Instance);
        await _mine.ExchangeAsync(Catalog("web"));
        Assert.Equal(2, _store.Kept);
    }

    [Theory, InlineData(""), InlineData("null"), InlineData("{"), InlineData("""{"format":2,"report":{}}"""), InlineData("""{"format":1}"""), InlineData("""{"format":1,"report":{"preset":7}}""")]
    public void What_another_version_has_written_is_passed_over(string content) =>
        Assert.Null(ReportCodec.Decode(System.Text.Encoding.UTF8.GetBytes(content), TimeSpan.Zero, Given.Noon));

    /// <summary>One instance.</summary>
    sealed class Side
    {
        public Side(string instance, Store store, FakeTimeProvider time)
        {
            Clock = new SteadyClock(time);
            Exchange = new ReportExchange(instance, store, Board, Lost.Add, Clock, NullLogger.Instance);
        }

        public SteadyClock Clock { get; }
        public StatusBoard Board { get; } = new();
        public List<string> Lost { get; } = [];
        public ReportExchange Exchange { get; }

        public CycleReport Post(CycleReport report)
        {
            report = Board.Post(report, isBlind: false);
            Exchange.Tell(report);
            return report;
        }

        public Task ExchangeAsync(PresetCatalog catalog) => Exchange.FinishAsync(catalog);
    }

    /// <summary>The conformance suite says what a real one does.</summary>
    sealed class Store : IReportStore
    {
        readonly List<PresetReport> _reports = [];
        int _history;

        /// <summary>A failover to a replica that had got nothing.</summary>
        public void Lose()
        {
            _reports.Clear();
            _history++;
        }

        public int Kept { get; private set; }

        public bool Fails { get; set; }

        public Task KeepReportsAsync(IReadOnlyCollection<PresetReport> reports, CancellationToken cancellationToken)
        {
            if (Fails) return Task.FromException(new IOException("away"));
            Kept += reports.Count;
            _reports.AddRange(reports);
            return Task.CompletedTask;
        }

        public Task<ReportPage> ReadReportsAsync(string? after, int max, CancellationToken cancellationToken)
        {
            bool goesOn = after?.Split('/')[0] == $"{_history}";
            return Task.FromResult(new ReportPage([.. _reports.Skip(goesOn ? int.Parse(after!.Split('/')[1], System.Globalization.CultureInfo.InvariantCulture) : 0)], $"{_history}/{_reports.Count}")
            {
                IsAnew = after is not null && !goesOn,
            });
        }
    }
}
