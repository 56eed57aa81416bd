using OpenStack.Tests.Lab;

namespace OpenStack.Tests.Keeping;

/// <summary>nova shows five servers at a time, and the list changes while it is read.</summary>
public sealed class PageTests(OpenStackLab lab)
{
    [Fact]
    public async Task Twenty_servers_on_pages_of_five_are_neither_lost_nor_doubled_while_others_come_and_go()
    {
        await using var guests = new Guests();
        await using Tenant tenant = await Tenant.CreateAsync(lab);
        await using Keeper keeper = Keeper.For(tenant, guests);
        string[] presets = ["web", "batch", "cache", "queue"];
        foreach (string preset in presets) keeper.WritePreset(preset, 5);
        await keeper.StartAsync();
        foreach (string preset in presets) await keeper.SettledAsync(preset, 5);
        Server[] before = await tenant.ServersAsync();
        var page = (await new CloudApi(tenant.Login).SendAsync("compute", HttpMethod.Get, "/servers?limit=1000"))!;
        Assert.Equal(OpenStackLab.PageSize, page["servers"]!.AsArray().Count);

        List<string> passers = [];
        for (int round = 0; round < 4; round++)
        {
            passers.Add(await tenant.CreateServerAsync("passer"));
            passers.Add(await tenant.CreateServerAsync("web-passer"));
            await keeper.CyclesAsync("web", 3);
            foreach (string passer in passers) await tenant.DeleteAsync(passer);
        }

        foreach (string preset in presets)
        {
            await keeper.SettledAsync(preset, 5);
            keeper.Troubles(preset);
        }

        Assert.Equal(before.Select(server => server.Id).Order(StringComparer.Ordinal),
            (await tenant.ServersAsync()).Where(server => presets.Contains(server.Name)).Select(server => server.Id).Order(StringComparer.Ordinal));
        foreach (string preset in presets) Assert.Equal(5, await tenant.EverAsync(preset));
    }
}
