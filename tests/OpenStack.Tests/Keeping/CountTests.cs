using OpenStack.Tests.Lab;

namespace OpenStack.Tests.Keeping;

public sealed class CountTests(OpenStackLab lab)
{
    [Fact]
    public async Task The_count_goes_up_and_down_and_down_only_where_it_is_asked_for()
    {
        await using var guests = new Guests();
        await using Tenant tenant = await Tenant.CreateAsync(lab);
        await using Keeper keeper = Keeper.For(tenant, guests);
        keeper.WritePreset("web", 2);
        await keeper.StartAsync();
        Server[] two = await keeper.SettledAsync("web", 2);

        keeper.WritePreset("web", 4);
        Server[] four = await keeper.SettledAsync("web", 4);
        Assert.Subset(four.Select(server => server.Id).ToHashSet(), two.Select(server => server.Id).ToHashSet());

        // Without scale_in nothing is ended, and the report says so.
        int said = keeper.Log.Length;
        keeper.WritePreset("web", 2);
        await keeper.SaysAsync("web: ", said);
        await keeper.SaysAsync("4 of 2 present", said);
        await keeper.CyclesAsync("web", 3);
        Assert.Equal(4, (await tenant.ServersAsync()).Length);

        keeper.WritePreset("web", 2, "scale_in: newest");
        Server[] left = await keeper.SettledAsync("web", 2);
        Assert.Equal(two.Select(server => server.Id).Order(StringComparer.Ordinal), left.Select(server => server.Id).Order(StringComparer.Ordinal));
        Assert.Equal(4, await tenant.EverAsync());
        keeper.Troubles("web");
    }
}
