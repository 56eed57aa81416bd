using Npgsql;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Postgres;
using Xunit;

namespace Drivers.Tests.Runtime.Postgres;

public sealed class PostgresDriverTests(SharedPostgres postgres, ITestOutputHelper output)
{
    static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    readonly string _schema = $"t{Guid.NewGuid():N}";

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    static PostgresDriver Create(PostgresOptions options, int namedUpTo = 256) => new(options, new(TimeProvider.System, new Random(1), "/"), namedUpTo);

    static async Task<PresetLease> ClaimAsync(PostgresDriver store, string preset = "web") => Assert.Single(await store.ClaimAsync(new("me", [preset], 1, Lease), Ct));

    [Fact]
    public async Task A_wrong_password_is_a_mistake_in_the_settings_and_no_secret_is_shown()
    {
        PostgresServer server = await postgres.ServerAsync();
        PostgresOptions good = server.Options(_schema);
        const string Wrong = "wr0ng-P4ss/word";
        await using PostgresDriver store = Create(new() { Host = good.Host, Port = good.Port, Database = good.Database, User = good.User, Password = Wrong });

        var refused = await Assert.ThrowsAsync<ArgumentException>(() => store.CheckAsync(Ct));
        Assert.Equal("the server refuses us: password authentication failed for user \"shepherd\"; correct user, password or database", refused.Message);
        Exception failed = await Assert.ThrowsAsync<PostgresException>(() => store.ReadAsync(["web"], Ct));
        Assert.DoesNotContain(Wrong, refused + failed.ToString(), StringComparison.Ordinal);

        var unreadable = Assert.Throws<ArgumentException>(() => Create(new() { ConnectionString = $"Host=a;Port=x{Wrong};Username=u" }));
        Assert.DoesNotContain(Wrong, unreadable.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_out_of_reach_does_not_end_the_start()
    {
        await using PostgresDriver store = Create(new() { Host = "127.0.0.1", Port = Ports.Free(), Database = "shepherd", User = "shepherd" });
        await store.CheckAsync(Ct);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ClaimAsync(store));
    }

    [Fact]
    public async Task The_password_file_is_read_for_each_connection()
    {
        PostgresServer server = await postgres.ServerAsync();
        PostgresOptions good = server.Options(_schema);
        string file = Path.GetTempFileName();
        await using PostgresDriver store = Create(new() { Host = good.Host, Port = good.Port, Database = good.Database, User = good.User, PasswordFile = file, Schema = _schema });
        await File.WriteAllTextAsync(file, "old", Ct);
        await Assert.ThrowsAsync<ArgumentException>(() => store.CheckAsync(Ct));
        await File.WriteAllTextAsync(file, PostgresServer.Password + "\n", Ct);
        await store.CheckAsync(Ct);
        File.Delete(file);
        await using PostgresDriver without = Create(new() { Host = good.Host, Port = good.Port, Database = good.Database, User = good.User, PasswordFile = file, Schema = _schema });
        Assert.StartsWith("password_file can't be read: ", (await Assert.ThrowsAsync<ArgumentException>(() => without.CheckAsync(Ct))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tables_of_a_newer_version_are_refused()
    {
        PostgresServer server = await postgres.ServerAsync();
        await using (PostgresDriver store = Create(server.Options(_schema))) await store.CheckAsync(Ct);
        await server.ExecuteAsync($"insert into {_schema}.migration (number) values (99)", "shepherd");

        await using PostgresDriver older = Create(server.Options(_schema));
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => older.CheckAsync(Ct));
        Assert.Equal($"schema {_schema} is of version 99, this program knows versions up to 2: a newer vmshepherd has been here, start that one", refused.Message);
    }

    [Fact]
    public async Task Who_only_reads_makes_no_tables()
    {
        PostgresServer server = await postgres.ServerAsync();
        await using PostgresDriver store = Create(server.Options(_schema));
        Assert.Empty(await store.ReadAsync(["web"], Ct));
        Assert.Equal(false, await server.ExecuteAsync($"select exists (select from pg_namespace where nspname = '{_schema}')", "shepherd"));

        Assert.True(await store.CompleteAsync(await ClaimAsync(store), "kept"u8.ToArray(), TimeSpan.Zero, Ct));
        Assert.Single(await store.ReadAsync(["web"], Ct));
    }

    [Fact]
    public async Task Instances_that_start_at_once_make_the_tables_once()
    {
        PostgresServer server = await postgres.ServerAsync();
        PostgresDriver[] stores = [.. Enumerable.Range(0, 8).Select(_ => Create(server.Options(_schema)))];
        await Task.WhenAll(stores.Select(store => store.CheckAsync(Ct)));
        await ClaimAsync(stores[0]);
        Assert.Empty(await stores[1].ClaimAsync(new("other", ["web"], 1, Lease), Ct));
        foreach (PostgresDriver store in stores) await store.DisposeAsync();
    }

    [Fact]
    public async Task A_role_with_the_documented_rights_runs_and_one_without_is_told()
    {
        PostgresServer server = await postgres.ServerAsync();
        await using (PostgresDriver owner = Create(server.Options(_schema))) await owner.CheckAsync(Ct);
        PostgresOptions good = server.Options(_schema);
        await using PostgresDriver guest = Create(new() { Host = good.Host, Port = good.Port, Database = good.Database, User = "guest", Password = good.Password, Schema = _schema });
        Assert.Contains("let the owner run the migrations and grant the rights", (await Assert.ThrowsAsync<ArgumentException>(() => guest.CheckAsync(Ct))).Message, StringComparison.Ordinal);

        await server.ExecuteAsync($"grant usage on schema {_schema} to guest; grant select, insert, update, delete on all tables in schema {_schema} to guest; grant usage on all sequences in schema {_schema} to guest", "shepherd");
        await guest.CheckAsync(Ct);
        await guest.RequestAsync("web", "asked", Ct);
        Assert.True(await guest.CompleteAsync(await ClaimAsync(guest), "kept"u8.ToArray(), TimeSpan.Zero, Ct));
        await guest.ForgetAsync(["web"], Ct);
    }

    [Fact]
    public async Task A_server_that_may_lose_commits_without_a_trace_is_refused()
    {
        PostgresServer server = await postgres.ServerAsync();
        string role = $"r{Guid.NewGuid():N}";
        await server.ExecuteAsync($"create role {role} login password '{PostgresServer.Password}'; alter role {role} set synchronous_commit = off; grant create on database shepherd to {role}");
        PostgresOptions good = server.Options(_schema);
        await using PostgresDriver store = Create(new() { Host = good.Host, Port = good.Port, Database = good.Database, User = role, Password = good.Password, Schema = _schema });

        Assert.StartsWith("synchronous_commit is off on the server", (await Assert.ThrowsAsync<ArgumentException>(() => store.CheckAsync(Ct))).Message, StringComparison.Ordinal);
        await server.ExecuteAsync($"alter role {role} set synchronous_commit = local");
        await using PostgresDriver again = Create(new() { Host = good.Host, Port = good.Port, Database = good.Database, User = role, Password = good.Password, Schema = _schema });
        await again.CheckAsync(Ct);
    }

    [Fact]
    public async Task A_server_that_restarts_is_used_again_and_has_forgotten_nothing()
    {
        await using PostgresServer server = await PostgresServer.StartAsync();
        await using PostgresDriver store = Create(server.Options(_schema));
        PresetLease lease = await ClaimAsync(store);
        Assert.True(await store.SaveAsync(lease, "kept"u8.ToArray(), acted: false, Ct));
        await server.StopServerAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => store.SaveAsync(lease, "lost"u8.ToArray(), acted: false, Ct));
        await server.StartServerAsync();

        // Connections of before are found to be dead one by one.
        for (int i = 0; i < 20; i++)
        {
            try
            {
                Assert.Single(await store.ReadAsync(["web"], Ct));
            }
            catch (NpgsqlException)
            {
                continue;
            }
        }

        Assert.True(await store.CompleteAsync(lease, null, TimeSpan.Zero, Ct));
        Assert.Equal("kept"u8.ToArray(), (await ClaimAsync(store)).State!.Content.ToArray());
    }

    [Fact]
    public async Task A_commit_whose_answer_is_lost_is_an_exception_and_is_stored()
    {
        PostgresServer server = await postgres.ServerAsync();
        await using var proxy = new FaultyProxy(server.Port);
        await using PostgresDriver behind = Create(server.Options(_schema, proxy.Port)), direct = Create(server.Options(_schema));
        await behind.RequestAsync("web", "asked", Ct);
        PresetLease lease = await ClaimAsync(behind);
        proxy.LoseNextAnswer(to: "update ");

        await Assert.ThrowsAnyAsync<NpgsqlException>(() => behind.CompleteAsync(lease, "kept"u8.ToArray(), TimeSpan.Zero, Ct));
        Assert.Equal(1, proxy.Lost);
        Assert.False(await behind.CompleteAsync(lease, "again"u8.ToArray(), TimeSpan.Zero, Ct));
        PresetLease next = await ClaimAsync(direct);
        Assert.Equal("kept"u8.ToArray(), next.State!.Content.ToArray());
        Assert.True(next.CleanHandover);
        Assert.Empty(next.Requests);
    }

    /// <summary>As of a claimer that is frozen, or cut off without the server having been told: rows that it kept locked would be nobody's for hours.</summary>
    [Fact]
    public async Task A_claim_of_which_nobody_was_told_is_free_again_when_its_lease_is_over()
    {
        PostgresServer server = await postgres.ServerAsync();
        await using var proxy = new FaultyProxy(server.Port);
        await using PostgresDriver behind = Create(server.Options(_schema, proxy.Port)), direct = Create(server.Options(_schema));
        var request = new ClaimRequest("me", ["web"], 1, Lease);
        LeaseToken known = Assert.Single(await behind.ClaimAsync(request, Ct)).Token;
        await server.AdvanceAsync(_schema, Lease);
        proxy.Change(Weather.LateAnswers, TimeSpan.FromHours(1));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        Task unheard = behind.ClaimAsync(request, patience.Token);
        for (int tries = 0; (long)(await server.ExecuteAsync($"select counter from {_schema}.lease", "shepherd"))! == known.Counter; tries++)
        {
            Assert.True(tries < 600, "the claim does not come into force before its claimer has said more");
            await Task.Delay(50, Ct);
        }

        Assert.Empty(await direct.ClaimAsync(request, Ct));
        await server.AdvanceAsync(_schema, Lease);
        Assert.False(Assert.Single(await direct.ClaimAsync(request, Ct)).CleanHandover);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => unheard);
    }

    [Fact]
    public async Task A_transaction_of_several_trips_is_ended_by_the_server_when_nothing_more_is_said_and_leaves_nothing_in_the_session()
    {
        PostgresServer server = await postgres.ServerAsync();
        await using var source = Npgsql.NpgsqlDataSource.Create($"Host=127.0.0.1;Port={server.Port};Database=shepherd;Username=shepherd;Password={PostgresServer.Password}");
        await using NpgsqlConnection connection = await source.OpenConnectionAsync(Ct);
        await using var bound = new NpgsqlCommand("show idle_in_transaction_session_timeout", connection);
        await using (NpgsqlTransaction transaction = await connection.BeginBoundedAsync(Ct))
        {
            Assert.Equal("10s", await bound.ExecuteScalarAsync(Ct));
            await transaction.CommitAsync(Ct);
        }

        Assert.Equal("0", await bound.ExecuteScalarAsync(Ct));
    }

    [Fact]
    public async Task A_failover_that_lost_commits_raises_tokens_and_waits_for_whoever_held_a_lease()
    {
        await using PostgresServer first = await PostgresServer.StartAsync();
        await using PostgresDriver before = Create(first.Options(_schema));
        Assert.True(await before.CompleteAsync(await ClaimAsync(before), "kept"u8.ToArray(), TimeSpan.Zero, Ct));
        await using PostgresServer replica = await first.ReplicateAsync();
        await replica.StopServerAsync();
        await before.KeepReportsAsync([new PresetReport("web", new LeaseToken(1, 1), "lost"u8.ToArray())], Ct);
        ReportPage told = await before.ReadReportsAsync(null, 10, Ct);
        Assert.Single(told.Reports);
        PresetLease lost = await ClaimAsync(before);
        Assert.True(await before.SaveAsync(lost, "lost"u8.ToArray(), acted: true, Ct));
        await first.StopServerAsync();
        await replica.StartServerAsync();
        await replica.PromoteAsync();

        await using PostgresDriver after = Create(replica.Options(_schema));
        Assert.Empty(await after.ClaimAsync(new("other", ["web"], 1, Lease), Ct));
        await replica.AdvanceAsync(_schema, Lease);
        PresetLease next = await ClaimAsync(after);
        Assert.True(next.Token > lost.Token, $"{next.Token} after {lost.Token}");
        Assert.True(next.Token.Timeline > lost.Token.Timeline);
        Assert.InRange(next.SinceLoss!.Value, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        Assert.True(next.SinceActed <= next.SinceLoss);
        Assert.False(await after.SaveAsync(lost, "late"u8.ToArray(), acted: false, Ct));

        ReportPage anew = await after.ReadReportsAsync(told.Position, 10, Ct);
        Assert.True(anew.IsAnew);
        Assert.Empty(anew.Reports);
        Assert.False((await after.ReadReportsAsync(anew.Position, 10, Ct)).IsAnew);
        Assert.False((await after.ReadReportsAsync(null, 10, Ct)).IsAnew);
    }

    [Fact]
    public async Task A_database_that_was_restored_elsewhere_raises_tokens_too()
    {
        PostgresServer server = await postgres.ServerAsync();
        await using PostgresDriver store = Create(server.Options(_schema));
        PresetLease lease = await ClaimAsync(store);
        Assert.True(await store.CompleteAsync(lease, null, TimeSpan.Zero, Ct));
        await server.ExecuteAsync($"update {_schema}.store set system_identifier = 1; alter sequence {_schema}.token restart", "shepherd");
        Assert.Empty(await store.ClaimAsync(new("me", ["web"], 1, Lease), Ct));
        await server.AdvanceAsync(_schema, Lease);
        Assert.True((await ClaimAsync(store)).Token > lease.Token);
    }

    [Fact]
    public async Task A_clock_that_was_set_back_lets_no_lease_last_longer_than_it_was_granted_for()
    {
        PostgresServer server = await postgres.ServerAsync();
        await using PostgresDriver store = Create(server.Options(_schema));
        await ClaimAsync(store, "held");
        Assert.True(await store.CompleteAsync(await ClaimAsync(store), null, Lease, Ct));
        await server.AdvanceAsync(_schema, TimeSpan.FromDays(-3650));

        Assert.Empty(await store.ClaimAsync(new("me", ["web", "held"], 2, Lease), Ct));
        await server.AdvanceAsync(_schema, Lease);
        Assert.Equal(2, (await store.ClaimAsync(new("me", ["web", "held"], 2, Lease), Ct)).Count);
    }

    [Fact]
    public async Task Claimers_with_different_presets_take_only_what_they_name_whatever_changes_its_lane()
    {
        PostgresServer server = await postgres.ServerAsync();
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        string[] all = [.. Enumerable.Range(0, 700).Select(i => $"p{i:000}")];
        await using PostgresDriver one = Create(server.Options(_schema), namedUpTo: 0), two = Create(server.Options(_schema), namedUpTo: 0), three = Create(server.Options(_schema));
        PostgresDriver[] stores = [one, two, three];
        Dictionary<string, LeaseToken> newest = [];
        for (int round = 0; round < 40; round++)
        {
            int from = random.Next(all.Length), count = random.Next(1, 400);
            string[] names = [.. all.Skip(from).Take(count)];
            if (random.Next(5) == 0) await three.ForgetAsync(names[..Math.Min(20, names.Length)], Ct);
            IReadOnlyList<PresetLease>[] claims = await Task.WhenAll(stores.Select(store => store.ClaimAsync(new("me", names, 100, Lease), Ct)));
            PresetLease[] leases = [.. claims.SelectMany(claim => claim)];
            Assert.Equal(leases.Length, leases.DistinctBy(lease => lease.Preset).Count());
            Assert.All(leases, lease => Assert.Contains(lease.Preset, names));
            Assert.True(leases.Length >= Math.Min(100, names.Length), $"round {round}: {leases.Length} of {names.Length}");
            foreach (PresetLease lease in leases)
            {
                Assert.True(!newest.TryGetValue(lease.Preset, out LeaseToken old) || old < lease.Token);
                newest[lease.Preset] = lease.Token;
            }

            bool[] done = await Task.WhenAll(leases.Select(lease => stores[random.Next(3)].CompleteAsync(lease, null, TimeSpan.Zero, Ct)));
            Assert.All(done, Assert.True);
        }
    }
}
