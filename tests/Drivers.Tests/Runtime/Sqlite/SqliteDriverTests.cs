using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Sqlite;
using VmShepherd.Testing;
using Xunit;

namespace Drivers.Tests.Runtime.Sqlite;

public sealed class SqliteDriverConforms : RuntimeDriverConformance
{
    readonly string _folder = Directory.CreateTempSubdirectory("vmshepherd-sqlite-").FullName;
    readonly FakeTimeProvider _time = new();
    readonly SqliteDriver _store;

    public SqliteDriverConforms() => _store = new(new() { Path = "store.db" }, new(_time, new Random(1), _folder));

    protected override Task<IRuntimeDriver> CreateInstanceAsync() => Task.FromResult<IRuntimeDriver>(new Instance(_store));

    protected override Task AdvanceAsync(TimeSpan time)
    {
        _time.Advance(time);
        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _store.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>The store lives in one object, which must outlive whoever leaves.</summary>
    sealed class Instance(SqliteDriver store) : IRuntimeDriver, IReportStore
    {
        public bool IsShared => store.IsShared;

        public Task<IReadOnlyList<PresetLease>> ClaimAsync(ClaimRequest request, CancellationToken ct) => store.ClaimAsync(request, ct);

        public Task<bool> SaveAsync(PresetLease lease, ReadOnlyMemory<byte> state, bool acted, CancellationToken ct) => store.SaveAsync(lease, state, acted, ct);

        public Task<bool> CompleteAsync(PresetLease lease, ReadOnlyMemory<byte>? state, TimeSpan dueIn, CancellationToken ct) => store.CompleteAsync(lease, state, dueIn, ct);

        public Task<IReadOnlyList<bool>> RenewAsync(IReadOnlyList<PresetLease> leases, TimeSpan lease, CancellationToken ct) => store.RenewAsync(leases, lease, ct);

        public Task<IReadOnlyDictionary<string, VersionedDocument>> ReadAsync(IReadOnlyCollection<string> presets, CancellationToken ct) => store.ReadAsync(presets, ct);

        public Task RequestAsync(string preset, string request, CancellationToken ct) => store.RequestAsync(preset, request, ct);

        public Task ForgetAsync(IReadOnlyCollection<string> presets, CancellationToken ct) => store.ForgetAsync(presets, ct);

        public Task KeepReportsAsync(IReadOnlyCollection<PresetReport> reports, CancellationToken ct) => store.KeepReportsAsync(reports, ct);

        public Task<ReportPage> ReadReportsAsync(string? after, int max, CancellationToken ct) => store.ReadReportsAsync(after, max, ct);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}

public sealed class SqliteDriverTests : IDisposable
{
    static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    readonly string _folder = Directory.CreateTempSubdirectory("vmshepherd-sqlite-").FullName;
    readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(50));

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    string File => Path.Combine(_folder, "inner", "store.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    SqliteDriver Open(TimeProvider? time = null) => new(new() { Path = "inner/store.db" }, new(time ?? _time, new Random(1), _folder));

    /// <summary>Changes the file while no store has it.</summary>
    async Task ExecuteAsync(string sql)
    {
        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={File};Pooling=false");
        await connection.OpenAsync(Ct);
        await using var command = new Microsoft.Data.Sqlite.SqliteCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Ct);
    }

    static async Task<PresetLease> ClaimAsync(SqliteDriver store, string preset = "web") => Assert.Single(await store.ClaimAsync(new("me", [preset], 1, Lease), Ct));

    [Fact]
    public async Task A_restart_forgets_nothing()
    {
        PresetLease held;
        await using (SqliteDriver first = Open())
        {
            Assert.True(await first.CompleteAsync(await ClaimAsync(first, "web"), "kept"u8.ToArray(), TimeSpan.Zero, Ct));
            held = await ClaimAsync(first, "held");
            Assert.True(await first.SaveAsync(held, "intent"u8.ToArray(), acted: true, Ct));
            await first.RequestAsync("web", "asked", Ct);
        }

        _time.Advance(Lease / 2);
        await using SqliteDriver second = Open();
        PresetLease web = await ClaimAsync(second, "web");
        Assert.Equal("kept"u8.ToArray(), web.State!.Content.ToArray());
        Assert.Equal(["asked"], web.Requests);
        Assert.Equal((Lease / 2, Lease / 2), (web.SinceCompleted!.Value, web.State.Age));
        Assert.Empty(await second.ClaimAsync(new("me", ["held"], 1, Lease), Ct));
        _time.Advance(Lease / 2);
        PresetLease taken = await ClaimAsync(second, "held");
        Assert.False(taken.CleanHandover);
        Assert.True(taken.Token > held.Token);
        Assert.Equal(Lease, taken.SinceActed);
    }

    [Fact]
    public async Task A_second_user_is_refused_loudly_and_told_what_to_do()
    {
        await using SqliteDriver first = Open(), second = Open();
        await first.CheckAsync(Ct);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => second.CheckAsync(Ct));
        Assert.Equal($"{File}: process {Environment.ProcessId} of this host uses it: end that one, or ask it with --server; for several instances use PostgresDriver", refused.Message);
        await first.DisposeAsync();
        await second.CheckAsync(Ct);
    }

    [Fact]
    public async Task Who_only_reads_does_so_beside_the_user_and_makes_nothing()
    {
        await using SqliteDriver reader = Open();
        Assert.Empty(await reader.ReadAsync(["web"], Ct));
        Assert.False(Directory.Exists(Path.GetDirectoryName(File)));

        await using SqliteDriver user = Open();
        PresetLease lease = await ClaimAsync(user);
        Assert.True(await user.SaveAsync(lease, "kept"u8.ToArray(), acted: false, Ct));
        Assert.Equal("kept"u8.ToArray(), Assert.Single(await reader.ReadAsync(["web", "other"], Ct)).Value.Content.ToArray());
        Assert.True(await user.CompleteAsync(lease, null, TimeSpan.Zero, Ct));
        await Assert.ThrowsAnyAsync<Exception>(() => ClaimAsync(reader));
    }

    [Fact]
    public async Task File_and_folder_are_private()
    {
        await using SqliteDriver store = Open();
        await ClaimAsync(store);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, System.IO.File.GetUnixFileMode(Path.GetDirectoryName(File)!));
        Assert.All(Directory.GetFiles(Path.GetDirectoryName(File)!), file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(file)));
    }

    [Fact]
    public async Task What_is_no_store_is_refused_and_not_touched()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(File)!);
        byte[] letter = [.. Enumerable.Repeat((byte)'x', 5000)];
        await System.IO.File.WriteAllBytesAsync(File, letter, Ct);
        await using SqliteDriver store = Open();

        var refused = await Assert.ThrowsAsync<ArgumentException>(() => store.CheckAsync(Ct));
        Assert.StartsWith($"{File}: ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(letter, await System.IO.File.ReadAllBytesAsync(File, Ct));
    }

    [Fact]
    public async Task A_file_of_a_newer_version_is_refused()
    {
        await using (SqliteDriver store = Open()) await store.CheckAsync(Ct);
        await ExecuteAsync("pragma user_version = 99");

        await using SqliteDriver older = Open();
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => older.CheckAsync(Ct));
        Assert.Contains("is of version 99, this program knows versions up to 2", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(24 * 365 * 10)]
    public async Task A_wall_clock_that_was_set_back_while_nothing_ran_holds_nothing_up(int hours)
    {
        await using (SqliteDriver before = Open())
        {
            Assert.True(await before.CompleteAsync(await ClaimAsync(before), "kept"u8.ToArray(), Lease, Ct));
            await ClaimAsync(before, "held");
        }

        var earlier = new FakeTimeProvider(_time.GetUtcNow().AddHours(-hours));
        await using SqliteDriver after = Open(earlier);
        Assert.Empty(await after.ClaimAsync(new("me", ["web", "held"], 2, Lease), Ct));
        earlier.Advance(Lease);
        IReadOnlyList<PresetLease> leases = await after.ClaimAsync(new("me", ["web", "held"], 2, Lease), Ct);
        Assert.Equal(["held", "web"], leases.Select(lease => lease.Preset).Order(StringComparer.Ordinal));
        Assert.Equal(Lease, leases.Single(lease => lease.Preset == "web").SinceCompleted);
    }

    [Fact]
    public async Task A_file_that_can_not_be_mended_is_let_go_and_taken_when_it_can_be()
    {
        await using (SqliteDriver before = Open()) await ClaimAsync(before);
        await ExecuteAsync("create trigger full before update on lease begin select raise(abort, 'no space'); end");
        await using SqliteDriver after = Open(new FakeTimeProvider(_time.GetUtcNow().AddYears(-1)));

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => after.ClaimAsync(new("me", ["db"], 1, Lease), Ct));
        Assert.Contains($"{File}: ", refused.Message, StringComparison.Ordinal);
        await ExecuteAsync("drop trigger full");
        await ClaimAsync(after, "db");
    }

    [Fact]
    public async Task The_request_after_the_hundredth_says_why_it_is_not_taken()
    {
        await using SqliteDriver store = Open();
        for (int i = 0; i < 100; i++) await store.RequestAsync("web", "again", Ct);
        var refused = await Assert.ThrowsAnyAsync<InvalidOperationException>(() => store.RequestAsync("web", "again", Ct));
        Assert.Equal("preset web: 100 requests are waiting already, no more are taken until an instance has managed it", refused.Message);
    }
}
