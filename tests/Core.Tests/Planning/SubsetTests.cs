using Core.Tests.Safety;
using CsCheck;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Safety;
using Xunit;

namespace Core.Tests.Planning;

/// <summary>Any subset of a plan is safe; brakes only take away. Over groups, memories and looks drawn at random.</summary>
public sealed class SubsetTests
{
    static readonly Gen<Func<Machine, Machine>> Fates = Gen.Select(Gen.Enum<VmState>(), Gen.Int[0, 9], Gen.Bool, Gen.Int[0, 9]).Select((state, check, hidden, rare) => (Func<Machine, Machine>)(machine =>
    {
        machine.State = rare < 5 ? VmState.Running : state;
        machine.Check = check < 5 ? Fate.Bad : check < 7 ? Fate.Unclear : Verdict.Passed;
        machine.IsHidden = hidden && rare == 9;
        machine.IsComplete = rare != 8;
        if (rare == 7) machine.Metadata[VmMetadata.Installation] = "other";
        return machine;
    }));

    static readonly Gen<Group> Groups = Gen.Select(Gen.Int[0, 8], Fates.Array[0, 10], Gen.Enum<ScaleIn>(), Gen.Int[1, 9], Gen.Bool).Select((count, fates, policy, looks, findFails) =>
    {
        Group web = new(Given.Preset(count) with { ScaleIn = policy, Limits = new SafetyLimits { ReplacePace = 0.5, MaxUnhealthy = 0.9 } }) { FindFails = findFails };
        foreach (Func<Machine, Machine> _ in fates) web.Add();
        web.Look(2);
        for (int i = 0; i < fates.Length; i++) fates[i](web[i]);
        web.Look(looks);
        web.Grace = TimeSpan.FromMinutes(1);
        return web;
    });

    [Fact]
    public void Whatever_part_of_a_plan_is_carried_out_never_leads_to_more_than_count() => Gen.Select(Groups, Gen.Int).Sample((web, mask) =>
    {
        web.Look();
        Step[] steps = [.. web.Plan.Steps.SelectMany(step => step is Step.Create create ? Enumerable.Repeat<Step>(create with { Count = 1 }, create.Count) : [step])];
        Step[] part = [.. steps.Where((_, i) => (mask >> (i % 31) & 1) == 1)];
        int before = web.Plan.Present;
        web.Act(part);

        // Present by the planner's own account, of a list that shows everything.
        int after = web.Look(TimeSpan.FromSeconds(1)).Present + web.History.Intents.Length;
        return after <= Math.Max(before, web.Preset.Count);
    }, iter: 3000, seed: "0N0XIzNsQ0O2");

    [Fact]
    public void Brakes_only_take_away_and_say_why() => Groups.Sample(web =>
    {
        web.Now += Given.Interval;
        Observation seen = web.See() with { Requests = [new Request.Terminate("r1", "anna", "vm1")] };
        Plan decided = Planner.Decide(web.Preset, seen, web.History, web.Now);
        Plan limited = Brakes.Limit(decided, new Situation(web.Preset, seen, web.History, web.Facts, web.Now));

        bool onlyLess = limited.Steps.All(step => decided.Steps.Any(before => Same(before, step)));
        bool said = limited.Steps.Count == decided.Steps.Count || limited.Held.Count > decided.Held.Count;
        bool persons = decided.Ends(Cause.Requested).SequenceEqual(limited.Ends(Cause.Requested));
        bool whole = limited.Held.All(hold => hold is { Brake.Length: > 0, Reason.Length: > 0, Release.Length: > 0 } && hold.Since <= web.Now && hold.Since >= Given.Noon);
        return onlyLess && said && persons && whole;
    }, iter: 3000, seed: "0N0XIzNsQ0O2");

    static bool Same(Step before, Step after) => (before, after) switch
    {
        (Step.Create a, Step.Create b) => b.Count <= a.Count,
        (Step.Terminate a, Step.Terminate b) => a with { Paced = b.Paced } == b,
        _ => false,
    };
}
