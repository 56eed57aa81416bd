using Xunit;

[assembly: AssemblyFixture(typeof(Drivers.Tests.Runtime.Postgres.SharedPostgres))]

namespace Drivers.Tests.Runtime.Postgres;

/// <summary>The one server of a test run, started by the first test that needs it.</summary>
public sealed class SharedPostgres : IAsyncDisposable
{
    readonly Lazy<Task<PostgresServer>> _server = new(async () =>
    {
        PostgresServer server = await PostgresServer.StartAsync();
        await server.StartPoolerAsync();
        return server;
    });

    public Task<PostgresServer> ServerAsync() => _server.Value;

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated) await (await _server.Value).DisposeAsync();
    }
}
