using System.Diagnostics;

namespace OpenStack.Tests.Lab;

/// <summary>The lab is what the other tests take it for. Where these fail, look at its logs first.</summary>
public sealed class LabTests(OpenStackLab lab)
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_member_gets_servers_that_answer_over_HTTP_can_stop_them_and_an_operator_can_spoil_them()
    {
        await using var guests = new Guests();
        await using Tenant tenant = await Tenant.CreateAsync(lab);
        string id = await tenant.CreateServerAsync("web", new { colour = "blue" });
        Server server = await BecomesAsync(tenant, id, "ACTIVE");
        Assert.Equal("blue", server.Metadata["colour"]);
        using var http = new HttpClient();
        Assert.Equal("ok", await http.GetStringAsync(new Uri($"http://{server.Address}:{guests.Port}/"), Ct));
        Assert.Equal(1, guests.Asked(server.Address!));

        await tenant.StopAsync(id);
        await BecomesAsync(tenant, id, "SHUTOFF");
        await tenant.SetErrorAsync(id);
        await BecomesAsync(tenant, id, "ERROR");
        Assert.Equal(1, await tenant.EverAsync());
    }

    [Fact]
    public async Task A_build_can_be_told_to_fail()
    {
        await using Tenant tenant = await Tenant.CreateAsync(lab);
        await BecomesAsync(tenant, await tenant.CreateServerAsync("web", new { oslab_fail = "1" }), "ERROR");
    }

    static async Task<Server> BecomesAsync(Tenant tenant, string id, string status)
    {
        for (long started = Stopwatch.GetTimestamp(); ;)
        {
            Server server = (await tenant.ServersAsync()).Single(server => server.Id == id);
            if (server.Status == status) return server;
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromMinutes(3), $"not {status} but {server.Status}");
            await Task.Delay(250, Ct);
        }
    }
}
