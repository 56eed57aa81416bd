namespace Bench;

/// <summary>Measures ours and the floor by turns, so that whatever else the machine does hits both.</summary>
static class Rounds
{
    public static async Task<(Series Measured, Series Floor)> ByTurnsAsync(int rounds, Func<Task<double>> measured, Func<Task<double>> floor)
    {
        List<double> ours = [], least = [];
        for (int i = -1; i < rounds; i++)
        {
            double a = await measured(), b = await floor();
            if (i < 0) continue; // warm-up
            ours.Add(a);
            least.Add(b);
        }

        return (new Series(ours), new Series(least));
    }

    /// <summary>CPU time of this process, all its threads, while <paramref name="work"/> runs.</summary>
    public static async Task<TimeSpan> CpuAsync(Func<Task> work)
    {
        TimeSpan before = Environment.CpuUsage.TotalTime;
        await work();
        return Environment.CpuUsage.TotalTime - before;
    }
}
