using System.Globalization;
using Drivers.Tests.Runtime.Postgres;

namespace Instances.Tests.Chaos;

/// <summary>Five processes keep two hundred presets while everything around them fails. What the ledger says afterwards is the verdict; how fast this machine is plays no part in it.</summary>
public sealed class ChaosTests(ITestOutputHelper output)
{
    const int Instances = 5, Presets = 200;
    const string Schema = "chaos";

    [Fact]
    public async Task The_ledger_of_a_storm_shows_no_act_too_many_and_at_its_end_what_was_asked_for()
    {
        int seed = Extent.Seed;
        output.WriteLine($"{Extent.Storm.TotalSeconds} s; VMSHEPHERD_SEED={seed} draws the same faults again");

        // It says goodbye to each connection, which is no news here.
        await using PostgresServer postgres = await PostgresServer.StartAsync("log_min_messages=panic");
        await StoreWitness.WatchAsync(postgres, Schema);
        await using Estate estate = await Estate.OpenAsync(Presets, seed);
        Member[] members = [.. Enumerable.Range(1, Instances).Select(number => new Member(number, postgres.Port, (port, password) => estate.Settings(Schema, port, password)))];
        try
        {
            foreach (Member member in members) member.Start();
            var storm = new Storm(seed, estate, members, postgres);

            // It finds them at work: creating.
            await estate.UntilAsync("a quarter of the machines", async () => (await estate.MachinesAsync()).Length >= estate.Counts.Values.Sum() / 4, members);
            await storm.RageAsync(Extent.Storm);
            await estate.SettleAsync(postgres, Schema, members);
            foreach (Member member in members) await member.StopAsync();

            IReadOnlyList<LedgerLine> ledger = LedgerFile.Merge(await StoreWitness.ReadAsync(postgres, Schema), estate.Ledger, storm.Done);
            Judge(ledger, new Expected(estate.Counts, Storm.Kinds), seed);
        }
        finally
        {
            foreach (Member member in members)
            {
                await File.WriteAllTextAsync(Path.Combine(Folder, $"{seed.ToString(CultureInfo.InvariantCulture)}-{member.Name}.log"), member.Said, CancellationToken.None);
                await member.DisposeAsync();
            }
        }
    }

    /// <summary>What remains of a run: its ledger, and what its instances said.</summary>
    static string Folder => Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "chaos")).FullName;

    void Judge(IReadOnlyList<LedgerLine> ledger, Expected expected, int seed)
    {
        string file = Path.Combine(Folder, $"{seed.ToString(CultureInfo.InvariantCulture)}.jsonl");
        LedgerFile.Write(file, ledger);
        LedgerCheck check = LedgerCheck.Of(LedgerFile.Read(file), expected);
        output.WriteLine($"{check}ledger: {file}");
        Assert.True(check.Violations.Count == 0, $"seed {seed}, {file}:\n{string.Join('\n', check.Violations.Take(50))}");

        // And it would have noticed.
        Assert.All(Plant.All, plant => plant.IsFoundIn(ledger, expected, seed));
    }
}
