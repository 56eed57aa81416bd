using Microsoft.Extensions.Logging.Abstractions;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Status;
using VmShepherd.Drivers.Iaas.Dummy;

namespace Bench;

/// <summary>The loop alone, at rest: 10,000 presets x 10 machines from files, the simulated cloud, a check each. Floor: the bare list of all, gone through once.</summary>
static class SteadyCycle
{
    const int Presets = 10_000, Each = 10, Count = 9;

    public static async Task<IReadOnlyList<Row>> MeasureAsync()
    {
        using var workspace = new Workspace(Presets, Each);
        var time = new ShiftedTime();
        double before = LiveMegabytes();
        await using var userdata = new UserdataRenderer(time);
        await using var shepherd = new Shepherd(workspace.Settings(), Workspace.Drivers, userdata, workspace.Root, "bench", time, new Random(1), NullLoggerFactory.Instance);
        await shepherd.PlanAsync(["none"], CancellationToken.None); // reads the presets, and no more
        double presets = LiveMegabytes() - before;
        await ComeToRestAsync(shepherd, time);
        double live = LiveMegabytes() - before, resident = Environment.WorkingSet / 1e6;

        using var cloud = new SimulatedCloud(time, seed: 1) { BootTime = TimeSpan.Zero };
        string[] names = [.. Enumerable.Range(0, Presets).Select(Workspace.Name)];
        foreach (string name in names)
        {
            for (int i = 0; i < Each; i++) cloud.AddForeign(name);
        }

        double cloudAlone = LiveMegabytes() - before - live;

        List<double> allocated = [];
        (Series measured, Series floor) = await Rounds.ByTurnsAsync(Count, CycleAsync, BareAsync);
        return
        [
            new Row("steady cycle, 10,000 presets x 10: s of CPU", measured, floor, Bound.AtMost, 1),
            new Row("steady cycle: MB allocated", new Series(allocated)),
            new Row("at rest: MB of live objects, the simulated cloud among them", new Series([live])),
            new Row("at rest: MB resident after a full collection", new Series([resident]), null, Bound.AtMost, 250),
            new Row("of the live objects, the 10,000 presets as read", new Series([presets])),
            new Row("a simulated cloud of as many machines without marks: MB of live objects", new Series([cloudAlone])),
        ];

        async Task<double> CycleAsync()
        {
            time.Advance(TimeSpan.FromMinutes(2));
            long bytes = GC.GetTotalAllocatedBytes();
            TimeSpan cpu = await Rounds.CpuAsync(() => shepherd.RunOnceAsync(CancellationToken.None));
            allocated.Add((GC.GetTotalAllocatedBytes() - bytes) / 1e6);
            return cpu.TotalSeconds;
        }

        async Task<double> BareAsync() => (await Rounds.CpuAsync(async () =>
        {
            int running = 0;
            foreach (Vm vm in await cloud.ListAsync(names, CancellationToken.None)) running += vm.State == VmState.Running ? 1 : 0;
            if (running != Presets * Each) throw new InvalidOperationException($"{running} machines run");
        })).TotalSeconds;
    }

    static double LiveMegabytes() => GC.GetTotalMemory(forceFullCollection: true) / 1e6;

    static async Task ComeToRestAsync(Shepherd shepherd, ShiftedTime time)
    {
        for (int i = 0; i < 20; i++)
        {
            await shepherd.RunOnceAsync(CancellationToken.None);
            IReadOnlyList<CycleReport> reports = shepherd.Board.All;
            int atRest = reports.Count(report => report.Outcome == CycleOutcome.AtRest);
            await Console.Error.WriteLineAsync($"  {atRest} of {Presets} at rest");
            if (atRest == Presets) return;
            if (i == 19) throw new InvalidOperationException($"not at rest: {reports.First(report => report.Outcome != CycleOutcome.AtRest)}");
            time.Advance(TimeSpan.FromMinutes(2));
        }
    }
}
