using OpenStack.Tests.Lab;

namespace OpenStack.Tests.Outages;

/// <summary>A part of the cloud stops while there is work to do, and comes back: then there are exactly so many, none left over, none double.</summary>
[Collection(nameof(Outages))]
public sealed class OutageTests(OpenStackLab lab)
{
    /// <summary>So that who takes over from a killed process need not wait for long.</summary>
    const string ShortLease = "manage_expire: 30";

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
        keeper.WritePreset("web", 2, ShortLease);
        await keeper.StartAsync("http_timeout: 5");
        Server[] two = await keeper.SettledAsync("web", 2);

        // Both at once: a create that is on its way, and work that begins in the middle of the outage.
        keeper.WritePreset("web", 3, ShortLease);
        await OpenStackLab.RunAsync("stop", service);
        try
        {
            keeper.WritePreset("web", 4, ShortLease);
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
