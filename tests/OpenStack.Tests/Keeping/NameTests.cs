using OpenStack.Tests.Lab;

namespace OpenStack.Tests.Keeping;

/// <summary>A server belongs to the preset whose name it has, to the letter.</summary>
public sealed class NameTests(OpenStackLab lab)
{
    [Fact]
    public async Task Presets_with_names_that_are_nearly_the_same_never_touch_each_others_servers()
    {
        await using var guests = new Guests();
        await using Tenant tenant = await Tenant.CreateAsync(lab);
        await using Keeper keeper = Keeper.For(tenant, guests);
        string[] presets = ["web", "web-1", "repo.web", "repoXweb"];
        string[] strangers = [await tenant.CreateServerAsync("WEB"), await tenant.CreateServerAsync("webs")];
        foreach (string preset in presets) keeper.WritePreset(preset, 1);
        await keeper.StartAsync();
        foreach (string preset in presets) await keeper.SettledAsync(preset, 1);
        Server[] before = await tenant.ServersAsync();

        string victim = before.Single(server => server.Name == "repo.web").Id;
        await tenant.DeleteAsync(victim);
        keeper.WritePreset("web-1", 2);
        await keeper.UntilAsync(() => $"{victim} is gone", async () => !(await tenant.ServersAsync()).Any(server => server.Id == victim));
        foreach (string preset in presets) await keeper.SettledAsync(preset, preset == "web-1" ? 2 : 1);

        Server[] after = await tenant.ServersAsync();
        Assert.Equal(before.Select(server => server.Id).Where(id => id != victim).Order(StringComparer.Ordinal), after.Select(server => server.Id).Intersect(before.Select(server => server.Id)).Order(StringComparer.Ordinal));
        Assert.Equal(["WEB", "repo.web", "repoXweb", "web", "web-1", "web-1", "webs"], after.Select(server => server.Name).Order(StringComparer.Ordinal));
        Assert.Subset(after.Select(server => server.Id).ToHashSet(), strangers.ToHashSet());
        Assert.Equal(8, await tenant.EverAsync());
    }
}
