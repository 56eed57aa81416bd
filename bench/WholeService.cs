namespace Bench;

/// <summary>The whole program with 10,000 presets x 10 machines at rest, managed every 5 s: what it costs to leave it running.</summary>
static class WholeService
{
    const int Presets = 10_000, Each = 10, Count = 5;

    static readonly TimeSpan Window = TimeSpan.FromSeconds(10), Patience = TimeSpan.FromMinutes(3);

    public static async Task<IReadOnlyList<Row>> MeasureAsync()
    {
        using var workspace = new Workspace(Presets, Each, manageInterval: "0");
        using Product product = Product.Start(workspace);
        await product.SaidAsync(Workspace.Name(0));
        await Product.UntilAsync(async () => await product.MetricAsync("vmshepherd_presets", "\"at_rest\"") == Presets, Patience);

        List<double> costs = [], resident = [];
        for (int i = -1; i < Count; i++)
        {
            double cyclesBefore = await CyclesAsync();
            TimeSpan before = product.Process.Cpu;
            await Task.Delay(Window);
            TimeSpan cpu = product.Process.Cpu - before;
            double cycles = (await CyclesAsync() - cyclesBefore) / Presets;
            if (i < 0) continue; // warm-up
            costs.Add(cpu.TotalSeconds / cycles);
            resident.Add(product.Process.ResidentMegabytes);
        }

        return
        [
            new Row("whole program, 10,000 x 10: s of CPU a cycle", new Series(costs), null, Bound.AtMost, 1),
            new Row("whole program, 10,000 x 10: MB resident", new Series(resident), null, Bound.AtMost, 250),
            new Row("whole program: MB resident at its peak (creating 100,000)", new Series([product.Process.PeakMegabytes])),
        ];

        Task<double> CyclesAsync() => product.MetricAsync("vmshepherd_cycle_duration_seconds_count");
    }
}
