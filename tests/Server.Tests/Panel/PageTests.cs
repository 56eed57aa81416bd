using System.Net;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Panel;

/// <summary>The page shows what files and clouds say, and lets none of it become markup.</summary>
public sealed class PageTests(SharedServer shared) : IClassFixture<SharedServer>
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_page_shows_presets_machines_and_mistakes()
    {
        string page = await GetAsync("/");
        string vm = (await shared.Server.MachinesAsync("web", 3))[0];

        Assert.Contains("3 / 3", page, StringComparison.Ordinal);
        Assert.Contains(vm, page, StringComparison.Ordinal);
        Assert.Contains("broken.conf", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hostile_names_and_links_stay_text()
    {
        string page = await GetAsync("/") + await GetAsync("/?preset=evil") + await GetAsync("/?preset=%3Cb%3Ebold%3C/b%3E%20%26%20%22quoted%22");

        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("<b>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", page, StringComparison.Ordinal);
        Assert.DoesNotContain("onload", page.Replace("&quot; onload", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;bold&lt;/b&gt;", page, StringComparison.Ordinal);
        Assert.Contains("&lt;img src=x&gt;", page, StringComparison.Ordinal);
        Assert.Matches(@"href=""ssh://root@127\.30\.\d+\.\d+:22""", page);
    }

    [Fact]
    public async Task A_name_nobody_has_is_not_found_and_stays_text()
    {
        using HttpResponseMessage response = await shared.Server.Http.GetAsync(new Uri("/?preset=%3Cscript%3E&page=-1", UriKind.Relative), Ct);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.DoesNotContain("<script", await response.Content.ReadAsStringAsync(Ct), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_browser_is_told_to_run_load_and_frame_nothing()
    {
        using HttpResponseMessage response = await shared.Server.Http.GetAsync(new Uri("/", UriKind.Relative), Ct);

        string policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.StartsWith("default-src 'none'; style-src 'sha256-", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
    }

    Task<string> GetAsync(string path) => shared.Server.Http.GetStringAsync(new Uri(path, UriKind.Relative), Ct);
}
