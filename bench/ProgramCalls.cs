using System.Diagnostics;
using System.Text;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Programs;

namespace Bench;

/// <summary>Calls into a driver that is a program. Floor: the same lines to the same program, started in the same way, and back through bare pipes, nothing read but the line's end.</summary>
static class ProgramCalls
{
    const int Rounds = 61, Calls = 500, ListRounds = 7, Lists = 5, Machines = 10_000;

    static readonly string Script = Path.Combine(AppContext.BaseDirectory, "echo.py");

    public static async Task<IReadOnlyList<Row>> MeasureAsync()
    {
        var program = new ProgramDescription(DriverGroup.Iaas, "Echo", ["/usr/bin/python3", "-I", Script], AppContext.BaseDirectory);
        var driver = (IIaasDriver)program.Create(new Dictionary<string, object?>(), new DriverContext(TimeProvider.System, new Random(1), "/"));
        await using var _ = (IAsyncDisposable)driver;
        using BarePipes bare = await BarePipes.StartAsync(program);
        // Compiled to the end before it counts.
        await EachAsync(10 * Calls, () => driver.GetScopeAsync(CancellationToken.None));

        (Series calls, Series bareCalls) = await Bench.Rounds.ByTurnsAsync(Rounds, () => EachAsync(Calls, () => driver.GetScopeAsync(CancellationToken.None)), () => EachAsync(Calls, () => bare.CallAsync("scope", "{}")));
        (Series lists, Series bareLists) = await Bench.Rounds.ByTurnsAsync(ListRounds, () => EachAsync(Lists, () => ListAsync(driver)), () => EachAsync(Lists, () => bare.CallAsync("list", """{"presets":["web"]}""")));
        return
        [
            new Row("a call into a program: us", calls, bareCalls, Bound.RatioAtMost, 2),
            new Row("10,000 machines listed through a program: ms", new Series([.. lists.Values.Select(us => us / 1000)]), new Series([.. bareLists.Values.Select(us => us / 1000)])),
        ];
    }

    static async Task ListAsync(IIaasDriver driver)
    {
        int listed = (await driver.ListAsync(["web"], CancellationToken.None)).Count;
        if (listed != Machines) throw new InvalidOperationException($"{listed} machines were listed");
    }

    /// <summary>Microseconds for one.</summary>
    static async Task<double> EachAsync(int count, Func<Task> call)
    {
        long began = Stopwatch.GetTimestamp();
        for (int i = 0; i < count; i++) await call();
        return Stopwatch.GetElapsedTime(began).TotalMicroseconds / count;
    }

    sealed class BarePipes : IDisposable
    {
        readonly Process _process;
        readonly byte[] _buffer = new byte[64 * 1024];
        int _id;

        readonly ProgramStarter _starter;

        BarePipes(Process process, ProgramStarter starter) => (_process, _starter) = (process, starter);

        /// <summary>In a session of its own like ours: what the system's scheduler makes of that is no cost of a call.</summary>
        public static async Task<BarePipes> StartAsync(ProgramDescription program)
        {
            var starter = new ProgramStarter();
            return new(await starter.StartAsync(ProgramProcess.StartInfo(program)), starter);
        }

        public async Task CallAsync(string method, string parameters)
        {
            byte[] line = Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","id":{{++_id}},"method":"{{method}}","params":{{parameters}}}""" + "\n");
            await _process.StandardInput.BaseStream.WriteAsync(line);
            await _process.StandardInput.BaseStream.FlushAsync();
            while (true)
            {
                int read = await _process.StandardOutput.BaseStream.ReadAsync(_buffer);
                if (read == 0) throw new InvalidOperationException("the program has ended");
                if (_buffer[read - 1] == '\n') return;
            }
        }

        public void Dispose()
        {
            _process.Kill();
            _process.Dispose();
            _starter.Dispose();
        }
    }
}
