using VmShepherd.Abstractions;
using VmShepherd.Drivers.Postgres;
using Xunit;

namespace Drivers.Tests.Runtime.Postgres;

public sealed class ListenerTests(SharedPostgres postgres)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    readonly string _schema = $"t{Guid.NewGuid():N}";

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_that_one_instance_takes_wakes_the_others()
    {
        PostgresServer server = await postgres.ServerAsync();
        await using PostgresDriver mine = Create(server), theirs = Create(server);
        await HearsAsync(theirs, () => mine.RequestAsync("web", "manage", Ct));
    }

    [Fact]
    public async Task A_connection_that_broke_is_opened_again_and_what_was_missed_is_looked_for()
    {
        PostgresServer server = await postgres.ServerAsync();
        await using PostgresDriver mine = Create(server), theirs = Create(server);
        await HearsAsync(theirs, () => mine.RequestAsync("web", "manage", Ct));
        await HearsAsync(theirs, () => server.ExecuteAsync($"select pg_terminate_backend(pid) from pg_stat_activity where query like 'listen%{Listener.ChannelOf(_schema)}%'", "postgres"));
        await HearsAsync(theirs, () => mine.RequestAsync("web", "manage", Ct));
    }

    [Fact]
    public async Task Another_schema_of_the_same_database_is_not_woken()
    {
        PostgresServer server = await postgres.ServerAsync();
        await using PostgresDriver mine = Create(server), theirs = Create(server), others = Create(server, "x" + _schema);
        await HearsAsync(others, () => Task.CompletedTask); // what it says when it begins to listen
        int heard = 0;
        others.Asked += () => heard++;
        await HearsAsync(theirs, () => mine.RequestAsync("web", "manage", Ct));
        Assert.Equal(0, heard);
    }

    PostgresDriver Create(PostgresServer server, string? schema = null) => new(server.Options(schema ?? _schema), new(TimeProvider.System, new Random(1), "/"));

    /// <summary>This instance claims, and so listens; then it is woken.</summary>
    static async Task HearsAsync(PostgresDriver store, Func<Task> something)
    {
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        store.Asked += Hear;
        await store.ClaimAsync(new ClaimRequest("me", ["web"], 1, TimeSpan.FromMinutes(2)), Ct);
        await something();
        await heard.Task.WaitAsync(Patience, Ct);
        store.Asked -= Hear;

        void Hear() => heard.TrySetResult();
    }
}
