using OpenStack.Tests.Lab;

namespace OpenStack.Tests.Outages;

/// <summary>A part of the cloud stops while there is work to do, and comes back: then there are exactly so many, none left over, none double.</summary>
[Collection(nameof(Outages))]
public sealed class OutageTests(OpenStackLab lab)
{
    /// <summary>
    /// Who takes over from a killed process need not wait for long; nor who waits for a server that nova has forgotten: when nova-api is back at the broker before
    /// nova-conductor is, its message goes to nobody, and the server stays in BUILD for ever.
    /// </summary>
    const string Hurry = "manage_expire: 30\ncreation_timeout: 150";

    [Theory]
    [InlineData("nova-compute")]
    [InlineData("nova-api")]
    [InlineData("keystone")]
    [InlineData("rabbit")]
    public async Task A_service_that_stops_and_starts_leaves_exactly_as_many_as_asked_for(string service)
    {
        await using var guests = new Guests();
        await using Tenant tenant = await Tenant.CreateAsync(lab);
        await using Keeper keeper = Keeper.For(tenant, guests);
        keeper.WritePreset("web", 2, Hurry);
        await keeper.StartAsync("http_timeout: 5");
        Server[] two = await keeper.SettledAsync("web", 2);

        // Both at once: a create that is on its way, and work that begins in the middle of the outage.
        keeper.WritePreset("web", 3, Hurry);
        await OpenStackLab.RunAsync("stop", service);
        try
        {
            keeper.WritePreset("web", 4, Hurry);
            if (service == "keystone") await keeper.RestartAsync(); // or its token would last until after the outage
            await keeper.CyclesAsync("web", 6);
        }
        finally
        {
            await OpenStackLab.RunAsync("start", service);
        }

        Server[] four = await keeper.SettledAsync("web", 4);
        Assert.Subset(four.Select(server => server.Id).ToHashSet(), two.Select(server => server.Id).ToHashSet());
        await keeper.CyclesAsync("web", 10);
        Assert.Equal(four.Select(server => server.Id).Order(StringComparer.Ordinal), (await keeper.SettledAsync("web", 4)).Select(server => server.Id).Order(StringComparer.Ordinal));
        Assert.Equal(4, (await tenant.ServersAsync()).Length);
        if (service is "nova-api" or "keystone") Assert.NotEmpty(keeper.Troubles("web"));
        else keeper.Troubles("web"); // what they would have done may only come late
    }
}
