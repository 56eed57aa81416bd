using OpenStack.Tests.Lab;
using VmShepherd.Server.Tests.Running;

namespace OpenStack.Tests.Refusals;

/// <summary>Everything that is secret between us and OpenStack, searched for in everything that we say.</summary>
public sealed class SecretTests(OpenStackLab lab)
{
    [Fact]
    public async Task No_password_token_userdata_or_adminPass_is_in_any_log_report_page_metric_or_error()
    {
        await using var guests = new Guests();
        await using Tenant tenant = await Tenant.CreateAsync(lab, quota: 1);
        await using Keeper keeper = Keeper.For(tenant, guests);
        await using var keystone = new Wiretap(lab.Member.AuthUrl);
        await using var nova = new Wiretap(await lab.Admin.EndpointAsync("compute"));
        keeper.Login = tenant.Login with { AuthUrl = keystone.Url };
        keeper.WritePreset("web", 1);
        await keeper.StartAsync($"compute_endpoint_override: {nova.Url}");
        await keeper.SettledAsync("web", 1);

        // Refusals of every sort that speak of what was sent: a quota, userdata that nova sends back, a flavor, a login.
        keeper.WritePreset("web", 3);
        await keeper.SaysAsync("Quota exceeded");
        await tenant.SetQuotaAsync(10);
        keeper.WritePreset("nokey", 1, "key_name: no-such-key");
        await keeper.SaysAsync("no-such-key");
        keeper.Login = keeper.Login with { Project = "no-such-project" };
        int said = keeper.Log.Length;
        keeper.WriteSettings($"compute_endpoint_override: {nova.Url}");
        await keeper.SaysAsync("refuses the login", said);

        string[] secrets =
        [
            tenant.Login.Password,
            Keeper.SecretInUserdata,
            .. nova.Heard("\"user_data\": ?\"([^\"]+)\""),
            .. nova.Heard("\"adminPass\": ?\"([^\"]+)\""),
            .. keystone.Heard(@"(?i)X-Subject-Token: (\S+)"),
            .. nova.Heard(@"(?i)X-Auth-Token: (\S+)"),
        ];
        Assert.NotEmpty(nova.Heard("\"adminPass\": ?\"([^\"]+)\""));
        Assert.NotEmpty(nova.Heard("\"user_data\": ?\"([^\"]+)\""));
        Assert.NotEmpty(keystone.Heard(@"(?i)X-Subject-Token: (\S+)"));
        Dictionary<string, string> told = new(StringComparer.Ordinal) { ["log"] = keeper.Log, ["output"] = keeper.Server.Process.Output };
        foreach (string page in (string[])["/", "/metrics", "/readyz?verbose"]) told[page] = await keeper.Server.Http.GetStringAsync(new Uri(page, UriKind.Relative), TestContext.Current.CancellationToken);
        foreach (string method in (string[])["list_presets", "list_presets_with_tags", "plan"]) told[method] = (await keeper.Server.CallAsync(method)).GetRawText();
        told["list_vms"] = (await keeper.Server.CallAsync("list_vms", "web")).GetRawText();
        told["get_vm_metadata"] = (await keeper.Server.CallAsync("get_vm_metadata", "web", (await tenant.ServersAsync("web"))[0].Id)).GetRawText();
        foreach (string command in (string[])["validate", "plan"])
        {
            await using VmShepherdProcess run = VmShepherdProcess.Start(command, "-c", keeper.SettingsFile);
            await run.ExitsAsync();
            told[command] = run.Output + run.Errors;
        }

        Assert.All(told, text => Assert.All(secrets, secret => Assert.False(text.Value.Contains(secret, StringComparison.Ordinal), $"{text.Key} tells a secret: {secret[..4]}...")));
    }
}
