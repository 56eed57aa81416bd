using System.Globalization;
using System.Text.Json;
using Drivers.Tests.Runtime.Postgres;

namespace Instances.Tests.Chaos;

/// <summary>A replica is promoted that never got the last commits: leases, intents and announced ends of acts that have happened are gone.</summary>
public sealed class FailoverTests(ITestOutputHelper output)
{
    const string Schema = "failover";
    const int Instances = 3, Presets = 20;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_failover_to_a_replica_that_lost_the_last_commits_leads_to_no_double_act()
    {
        int seed = Extent.Seed;
        output.WriteLine($"VMSHEPHERD_SEED={seed}");
        await using PostgresServer first = await PostgresServer.StartAsync("log_min_messages=panic");
        await StoreWitness.WatchAsync(first, Schema);
        await using Estate estate = await Estate.OpenAsync(Presets, seed);
        Member[] members = [.. Enumerable.Range(1, Instances).Select(number => new Member(number, first.Port, (port, password) => estate.Settings(Schema, port, password)))];
        try
        {
            foreach (Member member in members) member.Start();
            await estate.SettleAsync(first, Schema, members);
            await using PostgresServer replica = await first.ReplicateAsync();
            await CaughtUpAsync(first, replica);

            // From here on nothing reaches the replica: what is claimed, announced and done now is what will be lost.
            await replica.StopServerAsync();

            // What was claimed before, the replica knows: only who claims again acts under what it does not.
            DateTimeOffset gone = TimeProvider.System.GetUtcNow();
            await estate.UntilAsync("each was given back since", async () => await StoreWitness.ManagedAsync(first, Schema, gone, 1) == Presets, members);
            foreach (JsonElement machine in (await estate.MachinesAsync()).DistinctBy(machine => machine.GetProperty("name").GetString())) await estate.HarmAsync(machine.GetProperty("id").GetString()!, "die");
            await estate.UntilAsync("acts that will be lost", () => Task.FromResult(estate.Ledger.Count(line => line.Op == "create") > estate.Counts.Values.Sum() + 3), members);
            await first.CrashServerAsync();
            await replica.StartServerAsync();
            await replica.PromoteAsync();
            foreach (Member member in members) member.Way.LeadTo(replica.Port);
            await estate.SettleAsync(replica, Schema, members);
            foreach (Member member in members) await member.StopAsync();

            // Both servers testify; what was replicated, both say.
            await first.StartServerAsync();
            IReadOnlyList<LedgerLine> before = await StoreWitness.ReadAsync(first, Schema), after = await StoreWitness.ReadAsync(replica, Schema);
            LedgerCheck check = LedgerCheck.Of(LedgerFile.Merge(before.Union(after), estate.Ledger), new Expected(estate.Counts, []));
            string[] lost = [.. before.Except(after).Where(line => line.Op == "grant").Select(line => line.Token!).Distinct()];
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{check}  {lost.Length,7} tokens that were lost"));
            Assert.Empty(check.Violations);
            Assert.NotEmpty(lost);
            Assert.Contains(estate.Ledger, line => lost.Contains(line.Token));
        }
        finally
        {
            foreach (Member member in members) await member.DisposeAsync();
        }
    }

    static async Task CaughtUpAsync(PostgresServer first, PostgresServer replica)
    {
        string position = (string)(await first.ExecuteAsync("select pg_current_wal_lsn()::text"))!;
        while (!(bool)(await replica.ExecuteAsync($"select pg_last_wal_replay_lsn() >= '{position}'"))!) await Task.Delay(50, Ct);
    }
}
