using System.Diagnostics;

namespace Bench;

/// <summary>From the start of the process to the first cycle's report and a 200 of /readyz. Floor: a bare ASP.NET Core process to its first answer.</summary>
static class StartUp
{
    const int Count = 11;

    public static async Task<IReadOnlyList<Row>> MeasureAsync()
    {
        List<Row> rows = [.. await MeasureAsync("as built", Product.Built)];
        if (File.Exists(Product.Published)) rows.AddRange(await MeasureAsync($"as published {File.GetLastWriteTimeUtc(Product.Published):yyyy-MM-dd HH:mm}", Product.Published));
        else await Console.Error.WriteLineAsync("  not published: `make publish` first, to have that measured as well");
        return rows;
    }

    static async Task<IReadOnlyList<Row>> MeasureAsync(string how, string program)
    {
        using var workspace = new Workspace(presets: 1, machines: 2);
        List<double> ours = [], ourCpu = [], floor = [], floorCpu = [];
        for (int i = -1; i < Count; i++)
        {
            (double time, double cpu) = await OurStartAsync(workspace, program);
            (double least, double leastCpu) = await BareStartAsync();
            if (i < 0) continue; // warm-up
            ours.Add(time);
            ourCpu.Add(cpu);
            floor.Add(least);
            floorCpu.Add(leastCpu);
        }

        return
        [
            new Row($"start to first cycle and ready, {how}: ms", new Series(ours), new Series(floor), Bound.RatioAtMost, 1.5),
            new Row($"start, {how}: ms of CPU", new Series(ourCpu), new Series(floorCpu)),
        ];
    }

    static async Task<(double Milliseconds, double Cpu)> OurStartAsync(Workspace workspace, string program)
    {
        using Product product = Product.Start(workspace, program);
        await product.SaidAsync($"{Workspace.Name(0)}:");
        HttpLoad.Once(product.Port, Get("/readyz"));
        return (Stopwatch.GetElapsedTime(product.Process.StartedAt).TotalMilliseconds, product.Process.Cpu.TotalMilliseconds);
    }

    static async Task<(double Milliseconds, double Cpu)> BareStartAsync()
    {
        (Child process, int port) = await BareWeb.StartAsync(2);
        using Child bare = process;
        HttpLoad.Once(port, Get("/"));
        return (Stopwatch.GetElapsedTime(bare.StartedAt).TotalMilliseconds, bare.Cpu.TotalMilliseconds);
    }

    static byte[] Get(string path) => System.Text.Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
}
