using OpenStack.Tests.Lab;

namespace OpenStack.Tests.Outages;

[Collection(nameof(Outages))]
public sealed class TokenTests(OpenStackLab lab)
{
    /// <summary>Longer than a build takes: nova asks neutron with the very token that it was given.</summary>
    const int Seconds = 30;

    [Fact]
    public async Task Three_expiries_of_the_token_pass_unnoticed()
    {
        await using var guests = new Guests();
        await using Tenant tenant = await Tenant.CreateAsync(lab);
        await OpenStackLab.RunAsync("restart", "keystone", ("OSLAB_TOKEN_TTL", $"{Seconds}"));
        try
        {
            await using var keystone = new Wiretap(lab.Member.AuthUrl);
            await using Keeper keeper = Keeper.For(tenant, guests);
            keeper.Login = tenant.Login with { AuthUrl = keystone.Url };
            keeper.WritePreset("web", 1);
            await keeper.StartAsync();
            await keeper.SettledAsync("web", 1);

            for (int count = 2; count <= 4; count++)
            {
                int tokens = keystone.Heard(@"(?i)X-Subject-Token: (\S+)").Length;
                await keeper.UntilAsync(() => "a further token", () => Task.FromResult(keystone.Heard(@"(?i)X-Subject-Token: (\S+)").Length > tokens));
                keeper.WritePreset("web", count);
                await keeper.SettledAsync("web", count);
            }

            Assert.DoesNotContain(keeper.Troubles("web"), line => line.Contains("Unauthorized", StringComparison.Ordinal) || line.Contains("login", StringComparison.Ordinal) || line.Contains("401", StringComparison.Ordinal));
            Assert.Equal(4, await tenant.EverAsync());
        }
        finally
        {
            await OpenStackLab.RunAsync("restart", "keystone");
        }
    }
}
