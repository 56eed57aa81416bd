using VmShepherd.Abstractions;
using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>G2: a create with unknown result stays open until a list begun a visibility grace later shows it or not.</summary>
public sealed class G02DoubtTests
{
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    /// <summary>Four of five run; the create of the fifth was sent, and its answer lost.</summary>
    static (Group Web, string Intent) InDoubt()
    {
        Group web = Given.Healthy(4, preset => preset with { Count = 5 });
        web.Grace = Grace;
        string intent = Assert.Single(web.Announce(web.Look(Grace).Steps));
        web.History = Effects.CreateLost(web.History, intent, web.Now);
        return (web, intent);
    }

    [Fact]
    public void A_create_in_doubt_is_not_repeated_before_a_list_begun_a_grace_later()
    {
        (Group web, _) = InDoubt();

        Assert.Equal(0, web.Look(Grace - TimeSpan.FromTicks(1)).Creates());
        Assert.Equal(1, web.Look(TimeSpan.FromTicks(1)).Creates());
        Assert.Contains(web.Plan.Notes, note => note.Contains("had no effect", StringComparison.Ordinal));
    }

    [Fact]
    public void The_time_that_counts_is_when_the_list_was_begun()
    {
        (Group web, _) = InDoubt();
        web.ListAge = TimeSpan.FromSeconds(5);

        Assert.Equal(0, web.Look(Grace + TimeSpan.FromSeconds(4)).Creates());
        Assert.Equal(1, web.Look(TimeSpan.FromSeconds(1)).Creates());
    }

    [Fact]
    public void A_machine_with_the_intent_in_its_metadata_closes_the_doubt()
    {
        (Group web, string intent) = InDoubt();
        web.Add(intent);

        Assert.Equal(0, web.Look().Creates());
        Assert.Empty(web.History.Intents);
    }

    [Fact]
    public void Only_the_slot_in_doubt_waits()
    {
        (Group web, _) = InDoubt();
        web.Preset = web.Preset with { Count = 7 };

        Assert.Equal(2, web.Look().Creates());
    }

    [Fact]
    public void After_a_crash_the_doubt_begins_with_the_look_that_finds_the_intent_unanswered()
    {
        Group web = Given.Healthy(4, preset => preset with { Count = 5 });
        web.Grace = Grace;
        web.Announce(web.Look(Grace).Steps);

        Assert.Equal(0, web.Look(TimeSpan.FromHours(1)).Creates());
        Assert.Equal(0, web.Look(Grace - TimeSpan.FromTicks(1)).Creates());
        Assert.Equal(1, web.Look(TimeSpan.FromTicks(1)).Creates());
    }

    [Fact]
    public void A_created_machine_that_no_list_shows_holds_its_slot_as_long_as_the_IaaS_knows_it()
    {
        Group web = Given.Healthy(4, preset => preset with { Count = 5 });
        web.Grace = Grace;
        web.OnCreated = machine => machine.IsHidden = true;
        web.Cycle(Grace);

        Assert.Equal(0, web.Look(TimeSpan.FromHours(1)).Creates());
        Assert.Single(web.History.Intents);
    }

    [Fact]
    public void A_created_machine_that_the_IaaS_does_not_know_after_the_grace_is_ruled_out_and_counts_as_a_crash()
    {
        Group web = Given.Healthy(4, preset => preset with { Count = 5 });
        web.Grace = Grace;
        web.Cycle(Grace);
        web.Remove(web[4]);

        Assert.Single(web.Look(Grace - TimeSpan.FromTicks(1)).Next.Intents);
        web.Look(TimeSpan.FromTicks(1));
        Assert.Empty(web.History.Intents);
        Assert.NotNull(web.Plan.HeldBy("crash-loop"));
    }

    [Fact]
    public void A_created_machine_that_cannot_be_looked_up_is_not_ruled_out()
    {
        Group web = Given.Healthy(4, preset => preset with { Count = 5 });
        web.Grace = Grace;
        web.Cycle(Grace);
        web.Remove(web[4]);
        web.FindFails = true;

        Assert.Equal(0, web.Look(TimeSpan.FromHours(1)).Creates());
        Assert.Single(web.History.Intents);
    }

    [Fact]
    public void A_create_that_was_refused_for_certain_frees_its_slot_at_once()
    {
        Group web = Given.Healthy(4, preset => preset with { Count = 5 });
        string intent = Assert.Single(web.Announce(web.Look().Steps));
        web.History = Effects.NotCreated(web.History, intent);

        Assert.Equal(1, web.Look().Creates());
    }

    [Fact]
    public void The_hold_names_the_intent_and_the_grace()
    {
        (Group web, string intent) = InDoubt();
        DateTimeOffset since = web.Now + Given.Interval;
        web.Look();
        Hold hold = web.Look().HeldBy("doubt")!;

        Assert.Contains(intent, hold.Reason, StringComparison.Ordinal);
        Assert.Contains("1 create(s)", hold.Reason, StringComparison.Ordinal);
        Assert.Contains("60 s", hold.Release, StringComparison.Ordinal);
        Assert.Contains("visibility_grace", hold.Release, StringComparison.Ordinal);
        Assert.Equal(since, hold.Since);
    }

    [Fact]
    public void A_machine_first_seen_in_part_is_known_by_its_intent_once_it_is_seen_whole()
    {
        (Group web, string intent) = InDoubt();
        Machine machine = web.Add();
        machine.IsComplete = false;
        web.Look();
        machine.IsComplete = true;
        machine.Metadata[VmMetadata.Intent] = intent;
        web.Look();

        Assert.Equal(intent, web.History.Machines.Single(record => record.Id == machine.Id).Intent);
        Assert.Empty(web.History.Intents);
    }
}
