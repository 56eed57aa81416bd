using OpenStack.Tests.Lab;
using VmShepherd.Abstractions;

namespace OpenStack.Tests.Keeping;

/// <summary>Each test harms one of five servers, in a way of its own: that one is replaced, by one, and the others stay.</summary>
public sealed class ReplacementTests(FiveServers five) : IClassFixture<FiveServers>
{
    Keeper Keeper => five.Keeper;

    Tenant Tenant => five.Keeper.Tenant;

    [Fact]
    public async Task Five_servers_run_are_checked_over_HTTP_and_carry_our_marks()
    {
        Server[] servers = await Keeper.SettledAsync(FiveServers.Preset, 5);

        Assert.All(servers, server =>
        {
            Assert.StartsWith("127.20.", server.Address, StringComparison.Ordinal);
            Assert.True(five.Guests.Asked(server.Address!) > 0, $"{server.Address} was never asked");
            Assert.Equal(FiveServers.Preset, server.Metadata[VmMetadata.Preset]);
            Assert.Equal("default", server.Metadata[VmMetadata.Installation]);
        });
        Assert.Equal(5, servers.Select(server => server.Metadata[VmMetadata.Intent]).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public Task A_stopped_server_is_replaced() => IsReplacedAsync(victim => Tenant.StopAsync(victim.Id), "is terminated");

    /// <summary>ERROR is terminated, too, as it was in version 1.</summary>
    [Fact]
    public Task A_server_in_ERROR_is_replaced() => IsReplacedAsync(victim => Tenant.SetErrorAsync(victim.Id), "is terminated");

    [Fact]
    public Task A_server_that_somebody_deleted_is_replaced() => IsReplacedAsync(victim => Tenant.DeleteAsync(victim.Id), null);

    [Fact]
    public async Task A_server_that_hangs_is_replaced()
    {
        string? hung = null;
        await IsReplacedAsync(victim =>
        {
            five.Guests.Hang(hung = victim.Address!);
            return Task.CompletedTask;
        }, "no answer within 2 s", () => five.Guests.Heal(hung!)); // the successor may get the address
    }

    /// <param name="harm">What is done to the first of them.</param>
    /// <param name="reason">Stands in the report of its end; null = there may be none.</param>
    /// <param name="gone">Called when the victim is.</param>
    async Task IsReplacedAsync(Func<Server, Task> harm, string? reason, Action? gone = null)
    {
        Server[] before = await Keeper.SettledAsync(FiveServers.Preset, 5);
        int ever = await Tenant.EverAsync(), said = Keeper.Log.Length;
        Server victim = before[0];
        await harm(victim);
        await Keeper.UntilAsync(() => $"{victim.Id} is gone", async () => !(await Tenant.ServersAsync()).Any(server => server.Id == victim.Id));
        gone?.Invoke();

        Server[] after = await Keeper.SettledAsync(FiveServers.Preset, 5);

        Assert.Equal(before.Skip(1).Select(server => server.Id).Order(StringComparer.Ordinal), after.Select(server => server.Id).Intersect(before.Select(server => server.Id)).Order(StringComparer.Ordinal));
        Assert.Equal(ever + 1, await Tenant.EverAsync());
        string log = Keeper.Log[said..];
        string[] ends = [.. log.Split('\n').Where(line => line.Contains("; end ", StringComparison.Ordinal))];
        if (reason is not null) Assert.Contains(ends, line => line.Contains($"end {victim.Id} (", StringComparison.Ordinal) && line.Contains(reason, StringComparison.Ordinal));
        Assert.DoesNotContain(ends, line => before.Skip(1).Any(server => line.Contains($"end {server.Id}", StringComparison.Ordinal)));
        Keeper.Troubles(FiveServers.Preset);
    }
}
