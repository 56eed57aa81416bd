using OpenStack.Tests.Lab;

namespace OpenStack.Tests.Keeping;

/// <summary>Servers that the Python original made: the preset's name, no mark of ours.</summary>
public sealed class AdoptionTests(OpenStackLab lab)
{
    [Fact]
    public async Task A_server_of_the_original_is_adopted_counted_checked_and_replaced()
    {
        await using var guests = new Guests();
        await using Tenant tenant = await Tenant.CreateAsync(lab);
        await using Keeper keeper = Keeper.For(tenant, guests);
        string adopted = await tenant.CreateServerAsync("web");
        keeper.WritePreset("web", 2);
        await keeper.StartAsync();

        Server[] servers = await keeper.SettledAsync("web", 2);
        Server old = servers.Single(server => server.Id == adopted);
        Assert.Empty(old.Metadata);
        Assert.True(guests.Asked(old.Address!) > 0, "the adopted server is not checked");
        Assert.Contains("adopted", keeper.Log, StringComparison.Ordinal);
        Assert.Equal(2, await tenant.EverAsync());

        guests.Hang(old.Address!);
        await keeper.UntilAsync(() => "the hung one is gone", async () => !(await tenant.ServersAsync()).Any(server => server.Id == adopted));
        guests.Heal(old.Address!);
        Server[] after = await keeper.SettledAsync("web", 2);
        Assert.Contains(servers.Single(server => server.Id != adopted).Id, after.Select(server => server.Id));
        Assert.Equal(3, await tenant.EverAsync());
        keeper.Troubles("web");
    }
}
