using OpenStack.Tests.Lab;

namespace OpenStack.Tests.Refusals;

/// <summary>What OpenStack says no to: the report says why in its words, nothing else suffers, and it goes on when the cause is gone.</summary>
public sealed class RefusalTests(OpenStackLab lab)
{
    [Fact]
    public async Task A_quota_that_is_reached_stops_creates_says_so_and_is_tried_again()
    {
        await using var guests = new Guests();
        await using Tenant tenant = await Tenant.CreateAsync(lab, quota: 2);
        await using Keeper keeper = Keeper.For(tenant, guests);
        keeper.WritePreset("web", 3);
        await keeper.StartAsync();

        await keeper.SaysAsync("QuotaReached");
        await keeper.SaysAsync("Quota exceeded for instances");
        await keeper.UntilAsync(() => "two run", async () => (await tenant.ServersAsync()).Count(server => server.Status == "ACTIVE") == 2);
        Server[] two = await tenant.ServersAsync();
        await keeper.CyclesAsync("web", 5);
        Assert.Equal(2, await tenant.EverAsync());
        Assert.NotEmpty(keeper.Troubles("web"));

        await tenant.SetQuotaAsync(10);
        Server[] three = await keeper.SettledAsync("web", 3);
        Assert.Subset(three.Select(server => server.Id).ToHashSet(), two.Select(server => server.Id).ToHashSet());
        Assert.Equal(3, await tenant.EverAsync());
    }

    [Fact]
    public async Task A_flavor_that_is_gone_stops_creates_until_the_preset_names_another()
    {
        await using var guests = new Guests();
        await using Tenant tenant = await Tenant.CreateAsync(lab);
        await using Keeper keeper = Keeper.For(tenant, guests);
        string flavor = $"gone-{tenant.Login.User}";
        await lab.Admin.SendAsync("compute", HttpMethod.Post, "/flavors", new { flavor = new { name = flavor, id = flavor, vcpus = 1, ram = 512, disk = 1 } });
        keeper.WritePreset("web", 2, flavor: flavor);
        keeper.WritePreset("other", 1);
        await keeper.StartAsync();
        Server[] two = await keeper.SettledAsync("web", 2);
        await keeper.SettledAsync("other", 1);

        await lab.Admin.SendAsync("compute", HttpMethod.Delete, $"/flavors/{flavor}");
        int said = keeper.Log.Length;
        await tenant.DeleteAsync(two[0].Id);
        await keeper.SaysAsync("Rejected", said);
        await keeper.UntilAsync(() => "the flavor's name is in the report", () => Task.FromResult(keeper.Log[said..].Split('\n').Any(line => line.Contains("failed:", StringComparison.Ordinal) && line.Contains(flavor, StringComparison.Ordinal))));
        await keeper.CyclesAsync("web", 3);
        Assert.Equal(two[1].Id, Assert.Single(await tenant.ServersAsync("web")).Id);
        Assert.NotEmpty(keeper.Troubles("web"));
        await keeper.SettledAsync("other", 1);

        keeper.WritePreset("web", 2);
        Assert.Contains(two[1].Id, (await keeper.SettledAsync("web", 2)).Select(server => server.Id));
        Assert.Equal(3, await tenant.EverAsync("web"));
        Assert.DoesNotContain(keeper.Troubles("other"), line => line.Contains("Rejected", StringComparison.Ordinal) || line.Contains(flavor, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_password_creates_nothing_is_told_in_words_and_the_right_one_goes_on_at_once()
    {
        await using var guests = new Guests();
        await using Tenant tenant = await Tenant.CreateAsync(lab);
        await using Keeper keeper = Keeper.For(tenant, guests);
        const string Wrong = "planted-wrong-password-51c9";
        keeper.WritePreset("web", 1);
        keeper.Login = tenant.Login with { Password = Wrong };
        await keeper.StartAsync();

        await keeper.SaysAsync("[1003] web: ");
        await keeper.CyclesAsync("web", 3);
        Assert.All(keeper.Troubles("web"), line => Assert.Contains("refuses the login: a wrong user, password", line, StringComparison.Ordinal));
        Assert.Equal(0, await tenant.EverAsync());
        Assert.DoesNotContain(Wrong, keeper.Log, StringComparison.Ordinal);

        keeper.Login = tenant.Login;
        keeper.WriteSettings();
        await keeper.SettledAsync("web", 1);
        Assert.Equal(1, await tenant.EverAsync());
    }

    /// <summary>G4: logged in to another project, every machine seems to be missing.</summary>
    [Fact]
    public async Task Another_project_in_the_settings_freezes_and_creates_nothing()
    {
        await using var guests = new Guests();
        await using Tenant tenant = await Tenant.CreateAsync(lab);
        await using Keeper keeper = Keeper.For(tenant, guests);
        using CloudApi other = await tenant.AnotherProjectAsync($"{tenant.Login.Project}-other");
        keeper.WritePreset("web", 2);
        await keeper.StartAsync();
        Server[] two = await keeper.SettledAsync("web", 2);

        keeper.Login = tenant.Login with { Project = $"{tenant.Login.Project}-other" };
        keeper.WriteSettings();
        await keeper.SaysAsync("held by scope");
        await keeper.CyclesAsync("web", 5);
        Assert.Empty(await Tenant.ServersAsync(other, ""));
        string line = keeper.Log.Split('\n').Last(line => line.Contains("held by scope", StringComparison.Ordinal));
        Assert.Contains(await other.ProjectIdAsync(), line, StringComparison.Ordinal);
        Assert.Contains("accept-scope", line, StringComparison.Ordinal);

        keeper.Login = tenant.Login;
        keeper.WriteSettings();
        Assert.Equal(two.Select(server => server.Id).Order(StringComparer.Ordinal), (await keeper.SettledAsync("web", 2)).Select(server => server.Id).Order(StringComparer.Ordinal));
        Assert.Equal(2, await tenant.EverAsync());
    }
}
