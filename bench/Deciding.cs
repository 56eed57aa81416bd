using System.Runtime.CompilerServices;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using VmShepherd.Core.Safety;

namespace Bench;

/// <summary>100,000 presets x 10 machines, all at rest: looked at, decided, limited. Floor: the same number of structs, in order, summed.</summary>
static class Deciding
{
    const int Presets = 100_000, Each = 10, Machines = Presets * Each, Count = 9;

    static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    readonly record struct Fleet(Preset Preset, Observation Seen, History Past);

    readonly record struct Bare(int Id, int Preset, int State, int Count, long Created);

    public static IReadOnlyList<Row> Measure()
    {
        Fleet[] fleet = [.. Enumerable.Range(0, Presets).Select(AtRest)];
        Bare[] bare = [.. Enumerable.Range(0, Machines).Select(i => new Bare(i, i / Each, 1, Each, i))];
        var facts = new InstanceFacts { Looked = Machines, Presets = Presets, AllMachines = Machines };
        List<double> ours = [], floor = [], allocated = [];
        for (int round = -20; round < Count; round++)
        {
            (double time, double bytes) = Timed(() => Decide(fleet, facts));
            (double least, _) = Timed(() => Sum(bare));
            if (round < 0) continue; // warm-up, until the compiler has settled
            ours.Add(time);
            floor.Add(least);
            allocated.Add(bytes / Presets);
        }

        return
        [
            new Row("deciding, 100,000 presets x 10 at rest: ns of CPU a machine", new Series(ours), new Series(floor), Bound.AtMost, 100),
            new Row("deciding at rest: bytes allocated a preset", new Series(allocated), null, Bound.AtMost, 0),
        ];
    }

    static (double NanosecondsEach, double Bytes) Timed(Func<long> work)
    {
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        long result = work();
        TimeSpan took = Environment.CpuUsage.TotalTime - before;
        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        return result == 0 ? throw new InvalidOperationException("nothing was done") : (took.TotalNanoseconds / Machines, bytes);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static long Decide(Fleet[] fleet, InstanceFacts facts)
    {
        long present = 0;
        foreach ((Preset preset, Observation seen, History past) in fleet)
        {
            Plan plan = Brakes.Limit(Planner.Decide(preset, seen, past, Now), new Situation(preset, seen, past, facts, Now));
            present += plan.Present;
        }

        return present;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static long Sum(Bare[] machines)
    {
        long present = 0;
        foreach (ref readonly Bare machine in machines.AsSpan()) present += machine.State;
        return present;
    }

    static Fleet AtRest(int number)
    {
        string name = $"preset-{number}";
        var preset = new Preset(name, Each) { Iaas = Driver(DriverGroup.Iaas), Healthcheck = Driver(DriverGroup.Healthcheck) };
        Vm[] vms = [.. Enumerable.Range(0, Each).Select(i => new Vm($"vm-{number}-{i}", name, VmState.Running, Now) { Addresses = ["127.0.0.1"] })];
        var seen = new Observation("here", Now, vms, [.. vms.Select(_ => Verdict.Passed)]) { Installation = "default", Interval = TimeSpan.FromMinutes(1) };
        History past = new(Now - TimeSpan.FromDays(1));
        for (int i = 0; i < 5; i++)
        {
            Plan plan = Planner.Decide(preset, seen, past, Now);
            if (ReferenceEquals(plan, past.Rest)) return new Fleet(preset, seen, past);
            past = plan.Next;
        }

        throw new InvalidOperationException("the preset does not come to rest");
    }

    static DriverReference Driver(string group) => new(group, "dummy", group, new object());
}
