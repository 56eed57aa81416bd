using System.Text.Json;

namespace Bench;

static class Benchmarks
{
    public static IReadOnlyDictionary<string, Func<Task<IReadOnlyList<Row>>>> ByName { get; } = new SortedDictionary<string, Func<Task<IReadOnlyList<Row>>>>(StringComparer.Ordinal)
    {
        ["decide"] = () => Task.FromResult(Deciding.Measure()),
        ["cycle"] = SteadyCycle.MeasureAsync,
        ["files"] = PresetFiles.MeasureAsync,
        ["list-vms"] = ListVms.MeasureAsync,
        ["openstack"] = OpenStackList.MeasureAsync,
        ["programs"] = ProgramCalls.MeasureAsync,
        ["service"] = WholeService.MeasureAsync,
        ["store"] = Store.MeasureAsync,
        ["takeover"] = Takeover.MeasureAsync,
        ["startup"] = StartUp.MeasureAsync,
    };

    public static int Usage()
    {
        Console.Error.WriteLine($"usage: bench all|{string.Join('|', ByName.Keys)}");
        return 64;
    }

    /// <summary>In a process of its own: one row a line on stdout.</summary>
    public static async Task<int> MeasureAsync(Func<Task<IReadOnlyList<Row>>> measure)
    {
        foreach (Row row in await measure()) Console.WriteLine(JsonSerializer.Serialize(row));
        return 0;
    }

    /// <summary>Never fails for a missed target: a shared machine is no judge. What is missed is said in the table.</summary>
    public static async Task<int> RunAsync(IEnumerable<string> names)
    {
        List<Row> rows = [];
        foreach (string name in names)
        {
            await Console.Error.WriteLineAsync($"measuring {name}");
            using Child child = Child.Start(Environment.ProcessPath!, ["measure", name]);
            string answer = await child.Output.ReadToEndAsync();
            await child.EndedAsync();
            rows.AddRange(answer.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<Row>(line)!));
        }

        Console.WriteLine(Table.Of(rows));
        return 0;
    }
}
