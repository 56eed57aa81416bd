using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Safety;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>What a source says may be a mistake, although it can be read.</summary>
public sealed class G17SourceDoubtTests
{
    static History Kept(int count) => new(Given.Noon) { Count = count, Applied = new AppliedVersion(PresetVersion.None, Given.Noon, "", "") };

    static History Weigh(History past, int wanted, double seconds = 0, params Request[] requests) =>
        SourceDoubts.Weigh(past, Given.Preset(wanted), Facts(null), requests, Given.Noon.AddSeconds(seconds));

    static SourceFacts Facts(string? looksLike, params string[] others) => new(looksLike, new HashSet<string>(["web", .. others]), IsStale: false);

    [Theory]
    [InlineData(10, 0)]
    [InlineData(10, 3)]
    [InlineData(3, 10)]
    [InlineData(1, 4)]
    [InlineData(0, 1)]
    public void A_count_that_goes_to_zero_or_changes_by_more_than_a_factor_of_3_waits_for_a_second_look_a_minute_later(int from, int to)
    {
        History first = Weigh(Kept(from), to);
        Assert.Equal((from, to), (first.Count, first.CountChange?.To));
        Assert.Same(first, Weigh(first, to, 59));

        History second = Weigh(first, to, 60);
        Assert.Equal((to, null), (second.Count, second.CountChange));
    }

    [Theory]
    [InlineData(10, 4)]
    [InlineData(3, 9)]
    [InlineData(2, 1)]
    public void A_smaller_change_is_in_force_at_once(int from, int to) => Assert.Equal((to, null), (Weigh(Kept(from), to).Count, Weigh(Kept(from), to).CountChange));

    [Fact]
    public void A_mistake_that_is_undone_is_forgotten_and_another_one_waits_anew()
    {
        History mistaken = Weigh(Kept(10), 0);
        Assert.Equal(Kept(10), Weigh(mistaken, 10, 30));

        History other = Weigh(mistaken, 1, 50);
        Assert.Equal(10, Weigh(other, 1, 100).Count);
        Assert.Equal(1, Weigh(other, 1, 110).Count);
    }

    [Fact]
    public void A_person_may_say_that_the_count_is_meant()
    {
        Assert.Equal((0, null), (Weigh(Weigh(Kept(10), 0), 0, 5, new Request.Confirm("r1", "anna")).Count, Weigh(Weigh(Kept(10), 0), 0, 5, new Request.Confirm("r1", "anna")).CountChange));
        Assert.Equal(10, Weigh(Weigh(Kept(10), 0), 0, 5, new Request.Manage("r1", "anna")).Count);
    }

    [Fact]
    public void A_source_that_could_not_be_looked_at_a_second_time_has_not_said_it_twice()
    {
        History first = Weigh(Kept(10), 0);
        SourceFacts stale = Facts(null) with { IsStale = true };
        Assert.Same(first, SourceDoubts.Weigh(first, Given.Preset(0), stale, [], Given.Noon.AddHours(1)));
        Assert.Equal(0, Weigh(first, 0, 3600).Count);
    }

    [Fact]
    public void A_preset_like_one_still_in_force_waits_until_it_is_clear_that_the_other_stays()
    {
        History moved = SourceDoubts.Weigh(new History(Given.Noon), Given.Preset(2), Facts("infra.web", "infra.web"), [], Given.Noon);
        Assert.Equal("infra.web", moved.LookAlike?.Of);
        Assert.Same(moved, SourceDoubts.Weigh(moved, Given.Preset(2), Facts(null, "infra.web"), [], Given.Noon.AddSeconds(59)));
        Assert.Null(SourceDoubts.Weigh(moved, Given.Preset(2), Facts(null, "infra.web"), [], Given.Noon.AddSeconds(60)).LookAlike);
        Assert.NotNull(SourceDoubts.Weigh(moved, Given.Preset(2), Facts(null), [], Given.Noon.AddSeconds(60)).LookAlike); // now it has vanished
    }

    [Fact]
    public void The_first_count_that_is_ever_seen_is_in_force() => Assert.Equal(10, Weigh(new History(Given.Noon), 10).Count);

    [Fact]
    public void While_the_count_is_in_doubt_the_group_is_kept_at_the_old_one_and_the_hold_says_so()
    {
        var web = new Group(Given.Preset(10));
        for (int i = 0; i < 10; i++) web.Add();
        web.Cycle(2);
        web.History = web.History with { Count = 10, CountChange = new CountChange(0, web.Now) };
        web.Remove(web[0]);
        web.Cycle(2);

        Assert.Equal(10, web.Machines.Count);
        Hold hold = web.Plan.HeldBy("source")!;
        Assert.Equal("count went from 10 to 0: 10 are kept, for it may be a mistake", hold.Reason);
        Assert.EndsWith(", or vmshepherd confirm web --server URL", hold.Release, StringComparison.Ordinal);
    }

    [Fact]
    public void A_group_that_looks_like_one_that_vanished_makes_no_machines_until_a_person_says_that_it_is_another()
    {
        var web = new Group(Given.Preset(2)) { History = SourceDoubts.Weigh(new History(Given.Noon), Given.Preset(2), Facts("old"), [], Given.Noon) };
        web.Cycle(3);
        Assert.Empty(web.Machines);
        Assert.Contains("looks like 'old'", web.Plan.HeldBy("source")!.Reason, StringComparison.Ordinal);
        Assert.Contains("previous_names: [old]", web.Plan.HeldBy("source")!.Release, StringComparison.Ordinal);

        web.History = SourceDoubts.Weigh(web.History, web.Preset, Facts("old"), [new Request.Confirm("r1", "anna")], web.Now);
        web.Cycle(2);
        Assert.Equal(2, web.Machines.Count);
        Assert.Same(web.History, SourceDoubts.Weigh(web.History, web.Preset, Facts("old"), [], web.Now));
    }

    [Fact]
    public void It_looks_like_nobody_any_more_when_the_other_is_back_or_is_its_own_previous_name()
    {
        History held = SourceDoubts.Weigh(new History(Given.Noon), Given.Preset(2), Facts("old"), [], Given.Noon);
        Assert.NotNull(held.LookAlike);
        Assert.Null(SourceDoubts.Weigh(held, Given.Preset(2), Facts("old", "old"), [], Given.Noon.AddSeconds(60)).LookAlike);
        Assert.Null(SourceDoubts.Weigh(held, Given.Preset(2) with { PreviousNames = ["old"] }, Facts(null), [], Given.Noon).LookAlike);
        Assert.NotNull(SourceDoubts.Weigh(held, Given.Preset(2), Facts(null), [], Given.Noon).LookAlike); // a restart forgets what vanished, the store does not
    }
}
