#pragma warning disable CS1591 // A test's name documents it.

using VmShepherd.Abstractions;
using Xunit;

namespace VmShepherd.Testing;

/// <summary>This part: reports, for stores that keep them (<see cref="IReportStore"/>).</summary>
public abstract partial class RuntimeDriverConformance
{
    [Fact]
    public async Task A_report_is_read_by_another_instance_with_its_token_and_age()
    {
        (IReportStore mine, IReportStore theirs) = await ReportStoresAsync();
        string? position = await EndAsync(theirs);
        await mine.KeepReportsAsync([Report("web", 7, "one")], Ct);
        await AdvanceAsync(Lease / 4);

        PresetReport report = Assert.Single(await NewsAsync(theirs, position));
        Assert.Equal((Name("web"), new LeaseToken(1, 7)), (report.Preset, report.Token));
        Assert.True(report.Content.Span.SequenceEqual("one"u8));
        AssertAbout(Lease / 4, report.Age);
    }

    [Fact]
    public async Task Only_the_latest_report_of_a_preset_is_kept_and_none_is_read_twice()
    {
        (IReportStore mine, IReportStore theirs) = await ReportStoresAsync();
        string? position = await EndAsync(theirs);
        await mine.KeepReportsAsync([Report("web", 7, "one"), Report("db", 8, "one")], Ct);
        await mine.KeepReportsAsync([Report("web", 9, "two")], Ct);

        Assert.Equal([(Name("db"), 8L), (Name("web"), 9L)], (await NewsAsync(theirs, position)).Select(report => (report.Preset, report.Token.Counter)));
        position = await EndAsync(theirs);
        Assert.Empty(await NewsAsync(theirs, position));
        await mine.KeepReportsAsync([Report("db", 10, "two")], Ct);
        Assert.Equal([Name("db")], (await NewsAsync(theirs, position)).Select(report => report.Preset));
    }

    [Fact]
    public async Task A_report_under_an_older_token_changes_nothing()
    {
        (IReportStore mine, IReportStore theirs) = await ReportStoresAsync();
        string? position = await EndAsync(theirs);
        await mine.KeepReportsAsync([Report("web", 9, "newer")], Ct);
        await theirs.KeepReportsAsync([Report("web", 8, "older"), Report("db", 1, "other")], Ct);

        Assert.True((await NewsAsync(theirs, position)).Single(report => report.Preset == Name("web")).Content.Span.SequenceEqual("newer"u8));
    }

    [Fact]
    public async Task Reports_come_in_pages_that_leave_none_out()
    {
        (IReportStore mine, IReportStore theirs) = await ReportStoresAsync();
        string? position = await EndAsync(theirs);
        await mine.KeepReportsAsync([.. Enumerable.Range(0, 25).Select(i => Report($"p{i}", 1, "x"))], Ct);

        List<string> read = [];
        ReportPage page;
        do
        {
            page = await theirs.ReadReportsAsync(position, 10, Ct);
            Assert.InRange(page.Reports.Count, 0, 10);
            read.AddRange(page.Reports.Select(report => report.Preset).Where(IsOurs));
            position = page.Position;
        }
        while (page.Reports.Count == 10);

        Assert.Equal(25, read.Distinct().Count());
    }

    [Fact]
    public async Task Reports_that_many_keep_at_once_all_come_to_whoever_reads_meanwhile()
    {
        (IReportStore mine, IReportStore theirs) = await ReportStoresAsync();
        string? position = await EndAsync(theirs);
        Task keeping = Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? mine : theirs).KeepReportsAsync([Report($"p{i}", 1, "x")], Ct)));
        HashSet<string> read = [];
        bool isLast;
        do
        {
            isLast = keeping.IsCompleted;
            ReportPage page = await theirs.ReadReportsAsync(position, 1000, Ct);
            read.UnionWith(page.Reports.Select(report => report.Preset).Where(IsOurs));
            position = page.Position;
        }
        while (!isLast);

        await keeping;
        Assert.Equal(20, read.Count);
    }

    [Fact]
    public async Task The_report_of_a_forgotten_preset_is_gone()
    {
        (IReportStore mine, IReportStore theirs) = await ReportStoresAsync();
        await mine.KeepReportsAsync([Report("web", 7, "one"), Report("db", 7, "one")], Ct);
        await ((IRuntimeDriver)mine).ForgetAsync(Names("web"), Ct);

        Assert.Equal([Name("db")], (await NewsAsync(theirs, null)).Select(report => report.Preset));
    }

    async Task<(IReportStore Mine, IReportStore Theirs)> ReportStoresAsync()
    {
        IRuntimeDriver mine = await InstanceAsync(), theirs = await InstanceAsync();
        Assert.SkipUnless(mine is IReportStore, "this store keeps no reports");
        return ((IReportStore)mine, (IReportStore)theirs);
    }

    /// <summary>Other tests may use the same store: what was kept before is theirs.</summary>
    static async Task<string?> EndAsync(IReportStore store)
    {
        string? position = null;
        ReportPage page;
        do
        {
            page = await store.ReadReportsAsync(position, 1000, Ct);
            position = page.Position;
        }
        while (page.Reports.Count == 1000);

        return position;
    }

    async Task<PresetReport[]> NewsAsync(IReportStore store, string? position) => [.. (await store.ReadReportsAsync(position, 1000, Ct)).Reports.Where(report => IsOurs(report.Preset))];

    bool IsOurs(string preset) => preset.StartsWith(_prefix, StringComparison.Ordinal);

    PresetReport Report(string preset, long counter, string content) => new(Name(preset), new LeaseToken(1, counter), System.Text.Encoding.UTF8.GetBytes(content));
}
