using Core.Tests.Safety;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Planning;

/// <summary>Instances of one store that see different versions of a preset: the later one counts, and nobody undoes what was done by it.</summary>
public sealed class VersionOrderTests
{
    static readonly PresetVersion Five = new("five", Given.Noon, "d", null), Three = new("three", Given.Noon.AddMinutes(1), "d", null);

    static Preset Seen(PresetVersion version) => Given.Preset(version.Source == "three" ? 3 : 5) with { Version = version, Location = $"/presets/{version.Source}.conf" };

    static SourceFacts Facts(string instance, SourceMove? move = null) =>
        new(null, new HashSet<string>(["web"]), IsStale: false) { Instance = instance, IsShared = true, Move = move ?? SourceMove.None };

    static History Weigh(History past, PresetVersion seen, SourceFacts facts, double seconds = 0, params Request[] requests) =>
        SourceDoubts.Weigh(past, Seen(seen), facts, requests, Given.Noon.AddSeconds(seconds));

    static History AppliedBy(string instance, PresetVersion version, double seconds = 0) => Weigh(new History(Given.Noon), version, Facts(instance), seconds);

    [Fact]
    public void The_first_version_that_anybody_sees_is_applied()
    {
        History first = AppliedBy("a", Five);
        Assert.Equal((Five, "a", 5), (first.Applied!.Version, first.Applied.By, first.Count));
        Assert.Same(first, Weigh(first, Five, Facts("b"), 60));
    }

    [Fact]
    public void A_later_version_is_applied_by_whoever_sees_it_first_and_the_one_who_lags_behind_changes_nothing()
    {
        History later = Weigh(AppliedBy("a", Five), Three, Facts("b"), 90);
        Assert.Equal((Three, "b", 3), (later.Applied!.Version, later.Applied.By, later.Count));
        Assert.Same(later, Weigh(later, Five, Facts("a"), 100));
        Assert.Contains("what is seen here is older", VersionOrder.Superseded(later.Applied, Seen(Five))!, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_versions_whose_order_cannot_be_told_the_applied_one_counts()
    {
        PresetVersion[] unordered = [Three with { SourceAt = null }, Three with { SourceAt = Five.SourceAt }];
        History applied = AppliedBy("a", Five);
        Assert.All(unordered, other => Assert.Same(applied, Weigh(applied, other, Facts("b"), 100)));
        Assert.Contains("can't be told", VersionOrder.Superseded(applied.Applied!, Seen(unordered[0]))!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_touched_settings_file_makes_no_older_preset_the_later_one()
    {
        History applied = AppliedBy("a", Three with { DefaultsAt = Given.Noon });
        Assert.Same(applied, Weigh(applied, Five with { DefaultsAt = Given.Noon.AddHours(1) }, Facts("b"), 100));
    }

    [Fact]
    public void Other_defaults_count_from_when_their_file_was_written()
    {
        History applied = AppliedBy("a", Five with { DefaultsAt = Given.Noon });
        PresetVersion other = Five with { Defaults = "e", DefaultsAt = Given.Noon.AddHours(1) };
        Assert.Equal(other, Weigh(applied, other, Facts("b"), 100).Applied!.Version);
        Assert.Same(applied, Weigh(applied, other with { DefaultsAt = Given.Noon.AddHours(-1) }, Facts("b"), 100));
    }

    /// <summary>A force-push to an older commit, a file put back with its time stamp.</summary>
    [Fact]
    public void A_version_that_is_taken_back_is_followed_by_whoever_saw_it_happen_and_the_others_wait_until_they_see_it_too()
    {
        History taken = Weigh(AppliedBy("a", Five), Three, Facts("a"), 90);
        History back = Weigh(taken, Five, Facts("a", new SourceMove(Given.Noon.AddSeconds(200), [Five.Revision, Three.Revision])), 200);
        Assert.Equal((Five, 5), (back.Applied!.Version, back.Count));

        // The other one has gone from five to three, and not back yet: to its clock and its eyes, three is the later one.
        SourceMove lagging = new(Given.Noon.AddSeconds(95), [Five.Revision]);
        Assert.Same(back, Weigh(back, Three, Facts("b", lagging), 210));
        Assert.Same(back, Weigh(back, Five, Facts("b", new SourceMove(Given.Noon.AddSeconds(220), [Five.Revision, Three.Revision])), 220));
    }

    /// <summary>Each host has its own copy of the settings, with its own time stamp.</summary>
    [Fact]
    public void What_was_taken_back_does_not_come_back_from_a_host_with_other_time_stamps_of_the_same()
    {
        PresetVersion here(PresetVersion version) => version with { DefaultsAt = Given.Noon.AddHours(-1) };
        PresetVersion there(PresetVersion version) => version with { DefaultsAt = Given.Noon.AddHours(-2) };
        History taken = Weigh(AppliedBy("a", here(Five)), here(Three), Facts("a"), 90);
        History back = Weigh(taken, here(Five), Facts("a", new SourceMove(Given.Noon.AddSeconds(200), [Five.Revision, Three.Revision])), 200);
        Assert.Equal(5, back.Count);

        Assert.Same(back, Weigh(back, there(Three), Facts("b"), 210));

        // Nor from one that sees it for the first time only now.
        Assert.Same(back, Weigh(back, there(Three), Facts("b", new SourceMove(Given.Noon.AddSeconds(220), [Five.Revision])), 220));

        // Said anew, it is meant.
        Assert.Equal(3, Weigh(back, here(Three), Facts("a", new SourceMove(Given.Noon.AddSeconds(300), [Five.Revision, Three.Revision, Five.Revision])), 300).Count);
    }

    [Fact]
    public void What_a_person_has_confirmed_at_one_instance_another_one_does_not_take_for_its_own()
    {
        History later = Weigh(AppliedBy("a", Five), Three, Facts("b"), 90);
        Assert.Same(later, Weigh(later, Five, Facts("a"), 100, new Request.Confirm("r1", "anna") { Version = Three }));
        Assert.Equal(5, Weigh(later, Five, Facts("a"), 100, new Request.Confirm("r1", "anna") { Version = Five }).Count);
    }

    [Fact]
    public void A_mirror_that_moves_to_a_version_in_between_is_still_behind()
    {
        PresetVersion last = new("last", Given.Noon.AddMinutes(2), "d", null);
        History applied = AppliedBy("a", last);
        Assert.Same(applied, Weigh(applied, Three, Facts("b", new SourceMove(Given.Noon.AddSeconds(200), [Five.Revision])), 200));
    }

    [Fact]
    public void A_person_may_say_that_what_is_seen_is_the_right_one() =>
        Assert.Equal(Five, Weigh(Weigh(AppliedBy("a", Five), Three, Facts("b"), 90), Five, Facts("a"), 100, new Request.Confirm("r1", "anna")).Applied!.Version);

    [Fact]
    public void Where_no_other_instance_can_be_whatever_is_seen_is_the_version_that_counts() =>
        Assert.Equal(Five, Weigh(Weigh(AppliedBy("a", Five), Three, Facts("a"), 90), Five, Facts("a2") with { IsShared = false }, 100).Applied!.Version);

    /// <summary>Whatever order two instances come in, with whatever they see: once both see the same, they agree, and before that no version is applied twice by time alone.</summary>
    [Fact]
    public void Two_instances_that_see_two_versions_for_ever_settle_on_one()
    {
        History memory = AppliedBy("a", Five);
        List<string> applied = [];
        for (int i = 0; i < 20; i++)
        {
            memory = Weigh(memory, i % 2 == 0 ? Three : Five, Facts(i % 2 == 0 ? "b" : "a"), 90 + i);
            applied.Add(memory.Applied!.Version.Source);
        }

        Assert.All(applied, version => Assert.Equal("three", version));
    }

    [Fact]
    public void By_a_superseded_version_nothing_is_created_or_ended_and_the_hold_says_why()
    {
        Group web = Given.Healthy(3);
        web.Preset = web.Preset with { Superseded = "this instance sees an older version" };
        web[0].Fails();
        web[2].Dies();
        web.Remove(web[1]);
        web.Cycle(20);

        Assert.Empty(web.Plan.Steps);
        Assert.All(web.History.Machines, machine => Assert.Null(machine.Failures)); // its check may be another one, too
        Hold hold = web.Plan.HeldBy("revision")!;
        Assert.StartsWith("this instance sees an older version; nothing is created or ended by it", hold.Reason, StringComparison.Ordinal);
        Assert.EndsWith("vmshepherd confirm web --server URL", hold.Release, StringComparison.Ordinal);
    }

    [Fact]
    public void By_a_superseded_version_a_person_may_still_end_a_machine()
    {
        Group web = Given.Healthy(3);
        web.Preset = web.Preset with { Superseded = "this instance sees an older version" };
        web.Requests.Add(new Request.Terminate("r1", "anna", web[0].Id));
        Assert.Equal([web[0].Id], web.Look().Ends());
    }

    [Fact]
    public void What_was_applied_is_remembered_with_its_time_moved_as_all_others()
    {
        History stored = Weigh(AppliedBy("a", Five), Three, Facts("b"), 90);
        byte[] document = HistoryCodec.Encode(HistoryCodec.EncodeBody(stored), "b", Given.Noon.AddSeconds(100));
        History read = HistoryCodec.Decode(document, TimeSpan.FromSeconds(10), "c", Given.Noon.AddHours(1));
        Assert.Equal(Given.Noon.AddHours(1).AddSeconds(-20), read.Applied!.At);
        Assert.Equal((Three, "b", Five), (read.Applied.Version, read.Applied.By, Assert.Single(read.Applied.Past)));
    }
}
