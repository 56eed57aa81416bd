using System.Text;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack;
using Xunit;
using static Drivers.Tests.Iaas.OpenStack.Scene;

namespace Drivers.Tests.Iaas.OpenStack;

/// <summary>Planted secrets, and whatever can go wrong: nothing of them is told.</summary>
public sealed class SecretTests
{
    const string UserData = "pl4nted-userdata";

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(503)]
    public async Task A_proxy_that_repeats_the_login_does_not_lead_the_password_into_a_message(int status)
    {
        await using Scene scene = await StartAsync();
        scene.Cloud.Instead = async http =>
        {
            await Status(status, $"<html><b>refused:</b> {await new StreamReader(http.Request.Body).ReadToEndAsync()}</html>", "text/html")(http);
            return true;
        };
        string told = (await FailsAsync(() => scene.Driver(password: "pl4nted\"<b>+p4ss").ListAsync(["web"], Ct))).ToString();
        Assert.Contains("***", told, StringComparison.Ordinal);
        Assert.DoesNotContain("pl4nted", told, StringComparison.Ordinal);
        Assert.DoesNotContain("p4ss", told.Replace("password", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(202)]
    [InlineData(300)]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(413)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task No_failure_tells_a_secret_even_when_the_cloud_repeats_all_it_was_sent(int status)
    {
        await using Scene scene = await StartAsync();
        OpenStackDriver driver = scene.Driver();
        string id = await driver.CreateAsync(Request() with { UserData = UserData }, Ct);
        List<string> told = [driver.ToString()!];
        scene.Cloud.Instead = async http =>
        {
            if (http.Request.Path == "/v3/auth/tokens") return false;
            string body = await new StreamReader(http.Request.Body).ReadToEndAsync();
            string echo = System.Text.Json.JsonSerializer.Serialize(new { badRequest = new { code = status, message = $"I do not like {body}, and the adminPass is nobody's business" } });
            await Status(status, echo)(http);
            return true;
        };
        await TellAsync(() => driver.ListAsync(["web"], Ct));
        await TellAsync(() => driver.FindAsync(id, Ct));
        await TellAsync(() => driver.CreateAsync(Request() with { UserData = UserData }, Ct));
        await TellAsync(() => driver.TerminateAsync(new VmTermination(id, "web", "1"), Ct));
        told.AddRange((await driver.ExamineAsync([new Wish(Request(), 1)], Ct)).Select(finding => finding.ToString()));

        string[] secrets = [FakeCloud.Password, "pl4nted-t0ken", FakeCloud.AdminPass, UserData, Convert.ToBase64String(Encoding.UTF8.GetBytes(UserData))];
        Assert.All(told, text => Assert.All(secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal)));

        async Task TellAsync(Func<Task> act)
        {
            Exception? e = await Record.ExceptionAsync(act);
            told.Add(e?.ToString() ?? "");
            Assert.True(e is null or IaasException, $"{e}");
        }
    }
}
