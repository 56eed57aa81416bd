using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack;
using VmShepherd.Drivers.Iaas.OpenStack.Login;
using Xunit;
using static Drivers.Tests.Iaas.OpenStack.Scene;

namespace Drivers.Tests.Iaas.OpenStack;

/// <summary>Who logs in where, and what becomes of the token.</summary>
public sealed class LoginTests : IDisposable
{
    static readonly TimeSpan Long = TimeSpan.FromMinutes(10);

    readonly string _directory = Directory.CreateTempSubdirectory("vmshepherd-openstack-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task The_scope_is_cloud_project_and_region()
    {
        await using Scene scene = await StartAsync();
        Assert.Equal($"openstack:{new Uri(scene.Cloud.Url).Authority} project {FakeCloud.Project} region RegionOne", await scene.Driver().GetScopeAsync(Ct));
    }

    [Fact]
    public async Task Of_several_regions_one_has_to_be_named()
    {
        await using Scene scene = await StartAsync();
        Assert.Contains("give region_name, one of RegionOne, RegionTwo", (await FailsAsync(() => scene.Driver(region: null).GetScopeAsync(Ct))).Message, StringComparison.Ordinal);
        string nowhere = (await FailsAsync(() => scene.Driver(region: "Nowhere").GetScopeAsync(Ct))).Message;
        Assert.Contains("public in RegionOne; internal in RegionOne; public in RegionTwo", nowhere, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_password_is_unauthorized_and_not_repeated()
    {
        await using Scene scene = await StartAsync();
        IaasException e = await FailsAsync(() => scene.Driver(password: "wr0ng-s3cret").GetScopeAsync(Ct));
        Assert.Equal(IaasFailure.Unauthorized, e.Failure);
        Assert.DoesNotContain("wr0ng-s3cret", e.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, scene.Cloud.Count("POST", "/v3/auth/tokens"));
    }

    [Fact]
    public async Task A_login_survives_a_connection_that_is_closed_without_a_word()
    {
        await using Scene scene = await StartAsync();
        scene.Instead("POST", "/auth/tokens", 2, http => { http.Abort(); return Task.CompletedTask; });
        Assert.NotEmpty(await scene.Driver().GetScopeAsync(Ct));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-30)]
    [InlineData(30)]
    public async Task A_token_is_renewed_ahead_of_its_end_whatever_the_clocks_say(int skewMinutes)
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using Scene scene = await StartAsync(time);
        scene.Cloud.Skew = TimeSpan.FromMinutes(skewMinutes);
        scene.Cloud.TokenLifetime = TimeSpan.FromSeconds(60);
        OpenStackDriver driver = scene.Driver();
        for (int seconds = 0; seconds < 300; seconds += 10)
        {
            Assert.Null(await driver.FindAsync(Guid.NewGuid().ToString(), Ct));
            time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.InRange(scene.Cloud.Count("POST", "/v3/auth/tokens"), 5, 8);
        Assert.DoesNotContain(scene.Cloud.Statuses, status => status == 401);
    }

    [Fact]
    public async Task A_token_that_is_revoked_is_renewed_once_for_all_who_meet_it()
    {
        await using Scene scene = await StartAsync();
        OpenStackDriver driver = scene.Driver();
        await driver.ListAsync(["web"], Ct);
        scene.Cloud.RevokeTokens();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => driver.FindAsync(Guid.NewGuid().ToString(), Ct)));
        Assert.Equal(2, scene.Cloud.Count("POST", "/v3/auth/tokens"));

        scene.Instead("GET", "/servers/detail", 100, Status(401, """{"error": {"message": "no"}}""", headers: ("WWW-Authenticate", "Keystone uri=\"http://x\"")));
        Assert.Equal(IaasFailure.Unauthorized, (await FailsAsync(() => driver.ListAsync(["web"], Ct))).Failure);
        Assert.Equal(3, scene.Cloud.Count("POST", "/v3/auth/tokens"));
    }

    [Fact]
    public async Task A_create_is_sent_again_only_when_the_door_refused_its_token()
    {
        await using Scene scene = await StartAsync();
        OpenStackDriver driver = scene.Driver();
        await driver.CreateAsync(Request(), Ct);
        scene.Cloud.RevokeTokens();
        await driver.CreateAsync(Request(intent: "2"), Ct);
        Assert.Equal(2, scene.Cloud.Nova.Servers(scene.Cloud.Now).Length);
        Assert.Equal(3, scene.Cloud.Count("POST", "/compute/v2.1/servers"));

        scene.Instead("POST", "/servers", 100, Status(401, """{"error": {"message": "from within"}}"""));
        Assert.Equal(IaasFailure.Unauthorized, (await FailsAsync(() => driver.CreateAsync(Request(intent: "3"), Ct))).Failure);
        Assert.Equal(4, scene.Cloud.Count("POST", "/compute/v2.1/servers"));
    }

    [Fact]
    public async Task While_keystone_is_away_the_token_is_used_to_its_end()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56)) { AutoAdvanceAmount = TimeSpan.Zero };
        await using Scene scene = await StartAsync(time);
        scene.Cloud.TokenLifetime = TimeSpan.FromSeconds(500);
        OpenStackDriver driver = scene.Driver();
        await driver.GetScopeAsync(Ct);
        time.Advance(TimeSpan.FromSeconds(410));
        scene.Instead("POST", "/auth/tokens", 100, Status(503));
        for (int call = 0; call < 5; call++) Assert.NotEmpty(await driver.GetScopeAsync(Ct));
        Assert.Equal(2, scene.Cloud.Count("POST", "/v3/auth/tokens"));

        // Which is asked now and then whether it is back.
        time.Advance(TimeSpan.FromSeconds(31));
        for (int call = 0; call < 5; call++) Assert.NotEmpty(await driver.GetScopeAsync(Ct));
        Assert.Equal(3, scene.Cloud.Count("POST", "/v3/auth/tokens"));
    }

    [Fact]
    public async Task Drivers_of_one_login_share_it()
    {
        await using Scene scene = await StartAsync();
        await Task.WhenAll(Enumerable.Range(1, 10).Select(size => scene.Driver(volumeSize: size).CreateAsync(Request(intent: $"{size}"), Ct)));
        Assert.Equal(1, scene.Cloud.Count("POST", "/v3/auth/tokens"));
    }

    [Fact]
    public async Task An_application_credential_brings_its_project()
    {
        await using Scene scene = await StartAsync();
        await using var driver = new OpenStackDriver(new OpenStackOptions { AuthUrl = scene.Cloud.Url, ApplicationCredentialId = "cred", ApplicationCredentialSecret = FakeCloud.Password, RegionName = "RegionOne", ProjectName = "x", HttpTimeout = Long }, scene.Context);
        Assert.Contains(FakeCloud.Project, await driver.GetScopeAsync(Ct), StringComparison.Ordinal);
        JsonNode auth = JsonNode.Parse(scene.Cloud.Calls.Single().Body)!["auth"]!;
        Assert.Equal(("cred", FakeCloud.Password), ((string?)auth["identity"]!["application_credential"]!["id"], (string?)auth["identity"]!["application_credential"]!["secret"]));
        Assert.Null(auth["scope"]);
    }

    [Fact]
    public async Task A_token_of_the_operators_is_exchanged_for_one_of_the_project()
    {
        await using Scene scene = await StartAsync();
        await using var driver = new OpenStackDriver(new OpenStackOptions { AuthUrl = scene.Cloud.AuthUrl, Token = FakeCloud.Password, RegionName = "RegionOne", ProjectName = "p", ProjectDomainName = "D", HttpTimeout = Long }, scene.Context);
        await driver.GetScopeAsync(Ct);
        JsonNode auth = JsonNode.Parse(scene.Cloud.Calls.Single().Body)!["auth"]!;
        Assert.Equal(("p", "D"), ((string?)auth["scope"]!["project"]!["name"], (string?)auth["scope"]!["project"]!["domain"]!["name"]));
    }

    [Fact]
    public void A_login_of_clouds_yaml_is_read_with_its_secrets_and_without_the_environments()
    {
        Write("clouds.yaml", """
            defaults: &d {region_name: R1, interface: internalURL}
            clouds:
              lab:
                <<: *d
                auth: {auth_url: "https://cloud.example:5000", username: u, user_domain_name: D, project_name: p, project_domain_id: pd}
                verify: false
                compute_endpoint_override: https://nova.example/v2.1
              other: {auth: {auth_url: "https://other.example/identity/v3", application_credential_id: i, application_credential_secret: s}, auth_type: v3applicationcredential}
            """);
        Write("secure.yaml", "clouds: {lab: {auth: {password: 0123456}}}");
        var environment = new Dictionary<string, string> { ["OS_AUTH_URL"] = "https://env.example/v3", ["OS_PASSWORD"] = "env", ["OS_PROJECT_NAME"] = "env-project", ["HOME"] = _directory };
        var options = new OpenStackOptions { Cloud = "lab", AuthUrl = "https://env.example/v3", Password = "env", ProjectName = "env-project", RegionName = "R2" };
        CloudLogin login = CloudLogin.From(options, _directory, environment.GetValueOrDefault);
        Assert.Equal("https://cloud.example:5000/v3", login.AuthUrl.ToString());
        Assert.Equal(("u", "D", "0123456"), (login.Identity.Username, login.Identity.UserDomainName, login.Identity.Password));
        Assert.Equal(("p", "pd"), (login.Project.Name, login.Project.DomainId));
        Assert.Equal(("R2", "internal", true, "https://nova.example/v2.1"), (login.Region, login.Interface, login.Tls.Insecure, login.ComputeEndpoint));

        CloudLogin other = CloudLogin.From(new OpenStackOptions { Cloud = "other" }, _directory, environment.GetValueOrDefault);
        Assert.True(other.Identity.IsCredential);
        Assert.DoesNotContain("0123456", $"{login} {login.Identity} {options}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nothere", "has no login 'nothere': there are lab")]
    [InlineData("lab", "auth_url: stands beside cloud")]
    public void A_login_that_is_not_one_says_what_to_change(string cloud, string message)
    {
        Write("clouds.yaml", """clouds: {lab: {auth: {auth_url: "https://c.example", username: u, password: p}}}""");
        var options = new OpenStackOptions { Cloud = cloud, AuthUrl = "https://evil.example/v3" };
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => CloudLogin.From(options, _directory, _ => null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_with_an_address_of_their_own_are_a_login_whatever_OS_CLOUD_says()
    {
        Write("clouds.yaml", """clouds: {lab: {auth: {auth_url: "https://c.example", username: u, password: p}}}""");
        Func<string, string?> environment = new Dictionary<string, string> { ["OS_CLOUD"] = "lab", ["OS_AUTH_URL"] = "https://env.example" }.GetValueOrDefault;
        CloudLogin written = CloudLogin.From(new OpenStackOptions { Cloud = "lab", AuthUrl = "https://written.example", Username = "w", Password = "wp" }, _directory, environment);
        Assert.Equal(("https://written.example/v3", "w", "wp"), (written.AuthUrl.ToString(), written.Identity.Username, written.Identity.Password));

        // An address of the environment is none of the settings' own.
        Assert.Equal("https://c.example/v3", CloudLogin.From(new OpenStackOptions { Cloud = "lab", AuthUrl = "https://env.example" }, _directory, environment).AuthUrl.ToString());

        // And the password of clouds.yaml goes nowhere else.
        Assert.Contains("username: is missing", Assert.Throws<ArgumentException>(() => CloudLogin.From(new OpenStackOptions { Cloud = "lab", AuthUrl = "https://written.example" }, _directory, environment)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_option_that_OS_CLOUD_forbids_says_which_of_the_two_to_change()
    {
        Write("clouds.yaml", """clouds: {lab: {auth: {auth_url: "https://c.example", username: u, password: p}}}""");
        string message = Assert.Throws<ArgumentException>(() => CloudLogin.From(new OpenStackOptions { Cloud = "lab", Username = "w" }, _directory, name => name == "OS_CLOUD" ? "lab" : null)).Message;
        Assert.StartsWith("username: the variable OS_CLOUD names the login 'lab' of clouds.yaml", message, StringComparison.Ordinal);
        Assert.EndsWith("write auth_url, too, and OS_CLOUD does not count, or unset OS_CLOUD", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clouds_yaml_that_is_broken_names_its_line_and_none_of_its_words()
    {
        Write("clouds.yaml", "clouds:\n  lab: {auth: {password: pl4nted\n   - x: [");
        string message = Assert.Throws<ArgumentException>(() => CloudLogin.From(new OpenStackOptions { Cloud = "lab" }, _directory, _ => null)).ToString();
        Assert.Contains("clouds.yaml", message, StringComparison.Ordinal);
        Assert.DoesNotContain("pl4nted", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "auth_url: is missing")]
    [InlineData("https://user:pl4nted@cloud.example/v3", "auth_url: expected the URL")]
    [InlineData("cloud.example:5000", "auth_url: expected the URL")]
    [InlineData("https://cloud.example", "username: is missing")]
    public void Options_that_are_no_login_say_what_is_missing(string? authUrl, string message)
    {
        string said = Assert.Throws<ArgumentException>(() => CloudLogin.From(new OpenStackOptions { AuthUrl = authUrl }, _directory, _ => null)).ToString();
        Assert.Contains(message, said, StringComparison.Ordinal);
        Assert.DoesNotContain("pl4nted", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://c.example", "https://c.example/v3")]
    [InlineData("https://c.example:5000/v3/", "https://c.example:5000/v3")]
    [InlineData("https://c.example/identity/v2.0", "https://c.example/identity/v3")]
    public void The_auth_url_is_taken_as_operators_write_it(string written, string used) => Assert.Equal(used, CloudLogin.AuthUrlFrom(written, "auth_url").ToString());

    [Fact]
    public async Task A_password_that_changes_in_clouds_yaml_counts_from_the_next_login_on()
    {
        await using Scene scene = await StartAsync();
        string Clouds(string password) => $$"""clouds: {lab: {region_name: RegionOne, auth: {auth_url: "{{scene.Cloud.AuthUrl}}", username: u, password: {{password}}, project_name: p} } }""";
        Write("clouds.yaml", Clouds("old"));
        await using var driver = new OpenStackDriver(new OpenStackOptions { Cloud = "lab", HttpTimeout = Long }, scene.Context with { BaseDirectory = _directory });
        Assert.Equal(IaasFailure.Unauthorized, (await FailsAsync(() => driver.GetScopeAsync(Ct))).Failure);
        Write("clouds.yaml", Clouds(FakeCloud.Password));
        Assert.NotEmpty(await driver.GetScopeAsync(Ct));
    }

    void Write(string file, string text) => File.WriteAllText(Path.Combine(_directory, file), text);
}
