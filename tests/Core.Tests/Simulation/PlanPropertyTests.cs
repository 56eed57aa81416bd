using CsCheck;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Safety;
using Xunit;

namespace Core.Tests.Simulation;

/// <summary>What holds for every plan, whatever was seen and remembered.</summary>
public sealed class PlanPropertyTests
{
    static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    static readonly Gen<Verdict?> SomeVerdict = Gen.OneOf<Verdict?>(Verdict.Passed, Verdict.Passed, new Verdict.Failed("500"), new Verdict.Unknown("no route"), null);

    /// <summary>A machine as listed (null = the list lacks it), its check, and what is remembered of it (null = nothing).</summary>
    static readonly Gen<(Vm? Vm, Verdict? Verdict, MachineRecord? Record)> SomeMachine =
        from number in Gen.Int[1, 1_000_000]
        from state in Gen.OneOf(VmState.Running, VmState.Running, VmState.Running, VmState.Pending, VmState.Error, VmState.Terminated, VmState.NearbyShutdown, VmState.Unknown)
        from listed in Gen.Int[0, 5]
        from known in Gen.Int[0, 5]
        from complete in Gen.Int[0, 9]
        from owner in Gen.OneOf("sim", "sim", "sim", "other", "")
        from verdict in SomeVerdict
        from failures in Gen.Int[0, 12]
        from minutes in Gen.Int[0, 30]
        from passed in Gen.Bool
        from ending in Gen.Int[0, 5]
        let id = $"vm-{number}"
        let vm = new Vm(id, "web", state, Now.AddMinutes(-minutes))
        {
            IsComplete = complete > 0,
            Metadata = owner.Length == 0 ? new Dictionary<string, string>() : new Dictionary<string, string> { [VmMetadata.Installation] = owner, [VmMetadata.Intent] = $"intent-{number}" },
        }
        let record = new MachineRecord(id, Now.AddMinutes(-minutes))
        {
            Intent = $"intent-{number}",
            HasPassed = passed,
            StartedAt = Now.AddMinutes(-minutes),
            PendingSince = state == VmState.Pending ? Now.AddMinutes(-minutes) : null,
            Failures = failures == 0 ? null : new FailedChecks(failures, Now.AddMinutes(-minutes)),
            Ending = ending switch { 0 => new Ending(Cause.IllHealth, Now.AddMinutes(-1), null, null), 1 => new Ending(Cause.Dead, Now.AddMinutes(-1), Now.AddSeconds(-50), null), _ => null },
        }
        select (listed > 0 ? vm : null, state == VmState.Running ? verdict : null, known > 0 || listed == 0 ? record : null);

    static readonly Gen<(Preset Preset, Observation Seen, History Past, InstanceFacts Facts)> SomeSituation =
        from machines in SomeMachine.Array[0, 14]
        from count in Gen.Int[0, 12]
        from intents in Gen.Int[0, 3]
        from debts in Gen.Int[0, 3]
        from scaleIn in Gen.Enum<ScaleIn>()
        from born in Gen.Int[0, 1]
        from crashes in Gen.Int[0, 3]
        from lately in Gen.Int[0, 6]
        from failed in Gen.Int[0, 30]
        from pause in Gen.Int[0, 5]
        let distinct = machines.DistinctBy(machine => machine.Vm?.Id ?? machine.Record!.Id).ToArray()
        let listed = distinct.Where(machine => machine.Vm is not null).ToArray()
        let preset = new Preset("web", count)
        {
            Iaas = new DriverReference("iaas", "sim", "sim", new object()),
            Healthcheck = new DriverReference("check", "sim", "sim", new object()),
            ScaleIn = scaleIn,
            Health = new HealthPolicy { TerminateAfter = TimeSpan.FromMinutes(2) },
        }
        let seen = new Observation("home", Now, [.. listed.Select(machine => machine.Vm!)], [.. listed.Select(machine => machine.Verdict)])
        {
            Installation = "sim",
            Interval = TimeSpan.FromMinutes(1),
            SinceLastLook = TimeSpan.FromMinutes(1),
            VisibilityGrace = TimeSpan.FromSeconds(30),
            LookedUp = distinct.Where(machine => machine.Vm is null && machine.Record!.HasPassed).ToDictionary(machine => machine.Record!.Id, _ => (Vm?)null),
        }
        let past = new History(Now.AddHours(-born))
        {
            Scope = "home",
            Machines = [.. distinct.Select(machine => machine.Record).OfType<MachineRecord>()],
            Intents = [.. Enumerable.Range(0, intents).Select(i => new Intent($"open-{i}", Now.AddSeconds(-20)) { SettlesFrom = i == 0 ? null : Now.AddSeconds(-20 * i) })],
            Debts = [.. Enumerable.Range(0, debts).Select(i => new Debt($"gone-{i}", Now.AddMinutes(-5), Cause.IllHealth, null))],
            CrashLoop = crashes == 0 ? null : new CrashLoop(crashes, Now.AddSeconds(crashes - 2)),
            Paused = pause == 0 ? new Paused(Now.AddMinutes(-5), "anna", null) : null,
        }
        select (preset, seen, past, new InstanceFacts { EndedLately = lately, Looked = 30, Failed = failed, Presets = 3 });

    [Fact]
    public void A_brake_never_adds_a_step() => SomeSituation.Sample((preset, seen, past, facts) =>
    {
        Plan plan = Planner.Decide(preset, seen, past, Now);
        if (ReferenceEquals(plan, past.Rest)) return true;
        var situation = new Situation(preset, seen, past, facts, Now);
        foreach (IBrake brake in Brakes.InOrder)
        {
            Plan limited = brake.Limit(plan, situation);
            foreach (Step step in limited.Steps)
            {
                bool was = step switch
                {
                    Step.Create create => plan.Steps.OfType<Step.Create>().Any(before => before.Count >= create.Count),
                    Step.Terminate end => plan.Steps.OfType<Step.Terminate>().Any(before => before.Vm == end.Vm && before.Cause == end.Cause),
                    _ => false,
                };
                if (!was) return false;
            }

            if (limited.Steps.Count > plan.Steps.Count || (limited.Steps.Count < plan.Steps.Count && limited.Held.Count == plan.Held.Count)) return false;
            plan = limited;
        }

        return true;
    }, iter: 20_000, threads: 1);

    [Fact]
    public void Any_subset_of_a_plan_keeps_the_ceiling() => Gen.Select(SomeSituation, Gen.Int[0, int.MaxValue - 1]).Sample((given, chance) =>
    {
        (Preset preset, Observation seen, History past, InstanceFacts facts) = given;
        Plan plan = Brakes.Limit(Planner.Decide(preset, seen, past, Now), new Situation(preset, seen, past, facts, Now));
        var random = new Random(chance);
        Step[] done = [.. plan.Steps.Where(_ => random.Next(2) == 0)];

        int creates = done.OfType<Step.Create>().Sum(create => create.Count), before = plan.Present + plan.Next.Intents.Length;
        if (creates > 0 && before + creates > preset.Count) return false;

        // What is announced and not answered holds its place: the same look again creates nothing beyond the count.
        string[] intents = [.. Enumerable.Range(0, creates).Select(i => $"new-{i}")];
        History announced = Effects.Announce(plan.Next, done, intents, Now);
        Plan again = Planner.Decide(preset, seen, announced, Now.AddSeconds(1));
        return again.Steps.OfType<Step.Create>().Sum(create => create.Count) + again.Present + again.Next.Intents.Length <= Math.Max(preset.Count, again.Present + again.Next.Intents.Length);
    }, iter: 20_000, threads: 1);

    [Fact]
    public void What_is_paused_is_left_alone() => SomeSituation.Sample((preset, seen, past, facts) =>
        past.Paused is null || Brakes.Limit(Planner.Decide(preset, seen, past, Now), new Situation(preset, seen, past, facts, Now)) is { Steps.Count: 0, Held: not [] }, iter: 20_000, threads: 1);

    [Fact]
    public void Nothing_of_another_owner_and_nothing_that_is_half_known_is_ended() => SomeSituation.Sample((preset, seen, past, facts) =>
    {
        Plan plan = Brakes.Limit(Planner.Decide(preset, seen, past, Now), new Situation(preset, seen, past, facts, Now));
        return plan.Steps.OfType<Step.Terminate>().All(end => seen.Vms.Single(vm => vm.Id == end.Vm) is { IsComplete: true } vm
            && vm.Metadata.GetValueOrDefault(VmMetadata.Installation, "sim") == "sim" && (vm.State != VmState.Unknown || past.Machines.Any(machine => machine.Id == vm.Id && machine.IsLeaving)));
    }, iter: 20_000, threads: 1);
}
