using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack;
using VmShepherd.Drivers.Iaas.OpenStack.Servers;

namespace Bench;

/// <summary>
/// 10,000 servers of 1,000 presets, in pages of 500 as nova writes them at microversion 2.69. Reading: from bytes to machines; floor: a bare
/// <see cref="Utf8JsonReader"/> that goes through the same bytes and keeps nothing. Looking: the driver over HTTP from a server that answers canned bytes; floor: a bare
/// client that fetches the same pages, and the bare reader. The server is in this process, on both sides of the ratio.
/// </summary>
static class OpenStackList
{
    const int Servers = 10_000, Presets = 1000, PageSize = 500, Count = 11;

    static readonly byte[][] Pages = [.. Enumerable.Range(0, Servers / PageSize).Select(Page)];

    /// <summary>The list without any parameter that ends each look: as long as nova's <c>max_limit</c>.</summary>
    static readonly byte[] Brief = Encoding.UTF8.GetBytes($$"""{"servers": [{{string.Join(", ", Enumerable.Range(0, 1000).Select(i => $$$"""{"id": "{{{Id(i)}}}", "name": "{{{Name(i % Presets)}}}", "links": [{"rel": "self", "href": "http://nova.example/v2.1/servers/{{{Id(i)}}}"}, {"rel": "bookmark", "href": "http://nova.example/servers/{{{Id(i)}}}"}]}"""))}}]}""");

    public static async Task<IReadOnlyList<Row>> MeasureAsync()
    {
        HashSet<string> names = [.. Enumerable.Range(0, Presets).Select(Name)];
        for (int i = 0; i < 20; i++) // warm-up, until the compiler has settled
        {
            await Read(names);
            await GoThrough();
        }

        (Series read, Series bare) = await Rounds.ByTurnsAsync(Count, () => EachAsync(() => Read(names)), () => EachAsync(GoThrough));
        long before = GC.GetAllocatedBytesForCurrentThread();
        await Read(names);
        double allocated = (double)(GC.GetAllocatedBytesForCurrentThread() - before) / Servers;

        await using Canned cloud = await Canned.StartAsync();
        await using OpenStackDriver driver = Driver(cloud);
        using var client = new HttpClient();
        (Series list, Series fetched) = await Rounds.ByTurnsAsync(Count, () => EachAsync(() => WholeAsync(driver, names)), () => EachAsync(() => FetchAsync(client, cloud.Url)));
        int beforeWhole = cloud.Calls;
        await WholeAsync(driver, names);
        int whole = cloud.Calls - beforeWhole, beforeFollowed = cloud.Calls;
        await driver.ListAsync(names, CancellationToken.None);
        int followed = cloud.Calls - beforeFollowed;
        int ownOptions = await EachWithOptionsAsync(cloud);

        return
        [
            new Row($"OpenStack, reading 10,000 servers ({Pages.Sum(page => page.Length) / Servers} B each): ns of CPU a server", read, bare, Bound.RatioAtMost, 2),
            new Row("OpenStack, reading: bytes allocated a server", new Series([allocated])),
            new Row("OpenStack, looking over HTTP: ns of CPU a server", list, fetched, Bound.RatioAtMost, 2),
            new Row("OpenStack, 1,000 presets of one project: calls a whole look (20 pages, one to see that they end, one for cells that are down)", new Series([whole]), null, Bound.AtMost, Pages.Length + 2),
            new Row("OpenStack, the same in the minute after: calls a look", new Series([followed]), null, Bound.AtMost, Pages.Length + 2),
            new Row("OpenStack, the same with options of its own for each preset: calls a cycle", new Series([ownOptions]), null, Bound.AtMost, 2 * (Pages.Length + 2)),
        ];
    }

    /// <summary>A set of names that was not asked for before is never followed, but read whole.</summary>
    static Task WholeAsync(OpenStackDriver driver, HashSet<string> names)
    {
        names.Add($"new-{names.Count}");
        return driver.ListAsync(names, CancellationToken.None);
    }

    /// <summary>Calls of a cycle in which each preset has a driver instance of its own: all ask side by side.</summary>
    static async Task<int> EachWithOptionsAsync(Canned cloud)
    {
        OpenStackDriver[] drivers = [.. Enumerable.Range(1, Presets).Select(i => Driver(cloud, volumeSize: i))];
        await CycleAsync();
        int before = cloud.Calls;
        await CycleAsync();
        int calls = cloud.Calls - before;
        foreach (OpenStackDriver driver in drivers) await driver.DisposeAsync();
        return calls;

        async Task CycleAsync()
        {
            IReadOnlyList<Vm>[] listed = await Task.WhenAll(drivers.Select((driver, i) => driver.ListAsync([Name(i)], CancellationToken.None)));
            if (listed.Any(list => list.Count != Servers / Presets)) throw new InvalidOperationException("a preset's list lacks machines");
        }
    }

    static OpenStackDriver Driver(Canned cloud, int? volumeSize = null) => new(
        new OpenStackOptions { AuthUrl = cloud.Url, Username = "u", Password = "p", ProjectName = "p", CallsPerSecond = 1000, VolumeSize = volumeSize },
        new DriverContext(TimeProvider.System, new Random(1), "/"));

    static async Task<double> EachAsync(Func<Task> work) => (await Rounds.CpuAsync(work)).TotalNanoseconds / Servers;

    static Task Read(HashSet<string> names)
    {
        int machines = 0;
        var texts = new Interned();
        var doubts = new ErrorDoubts(TimeProvider.System);
        foreach (byte[] page in Pages)
        {
            var reader = new ServerReader(new ReadingContext(names, DateTimeOffset.UnixEpoch, doubts, texts));
            reader.ReadPage(page);
            machines += reader.Vms.Count;
        }

        return machines == Servers ? Task.CompletedTask : throw new InvalidOperationException($"{machines} machines were read");
    }

    static Task GoThrough()
    {
        foreach (byte[] page in Pages) GoThrough(page);
        return Task.CompletedTask;
    }

    static void GoThrough(ReadOnlySpan<byte> page)
    {
        var json = new Utf8JsonReader(page);
        while (json.Read())
        {
            // Every token, and nothing made of it.
        }
    }

    static async Task FetchAsync(HttpClient client, string url)
    {
        for (int page = 0; page < Pages.Length; page++)
        {
            byte[] bytes = await client.GetByteArrayAsync(new Uri(page == 0 ? $"{url}/nova/v2.1/servers/detail" : $"{url}/nova/v2.1/servers/detail?marker={Id(page * PageSize - 1)}"));
            GoThrough(bytes);
        }

        GoThrough(await client.GetByteArrayAsync(new Uri($"{url}/nova/v2.1/servers")));
    }

    static string Name(int preset) => $"preset-{preset}";

    static string Id(int server) => new Guid(server, 0, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 1).ToString();

    /// <summary>Behind the last server there is an empty page, as nova has it.</summary>
    static byte[] PageBehind(string marker)
    {
        int page = marker.Length == 0 ? 0 : (int.Parse(marker.AsSpan(0, 8), NumberStyles.HexNumber, CultureInfo.InvariantCulture) + 1) / PageSize;
        return page < Pages.Length ? Pages[page] : """{"servers": []}"""u8.ToArray();
    }

    static byte[] Page(int page)
    {
        var text = new StringBuilder("{\"servers\": [");
        for (int i = page * PageSize; i < (page + 1) * PageSize; i++) text.Append(i % PageSize == 0 ? "" : ", ").Append(Server(i));
        text.Append(']');
        if ((page + 1) * PageSize < Servers)
            text.Append(CultureInfo.InvariantCulture, $", \"servers_links\": [{{\"rel\": \"next\", \"href\": \"http://nova.example/v2.1/servers/detail?limit=500&marker={Id((page + 1) * PageSize - 1)}\"}}]");
        return Encoding.UTF8.GetBytes(text.Append('}').ToString());
    }

    /// <summary>As a real nova wrote it.</summary>
    static string Server(int i) => string.Create(CultureInfo.InvariantCulture, $$$"""
        {"id": "{{{Id(i)}}}", "name": "{{{Name(i % Presets)}}}", "status": "ACTIVE", "tenant_id": "7c2d1e0f9a8b4c5d8e6f7a8b9c0d1e2f", "user_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "metadata": {"vmshepherd_installation": "default", "vmshepherd_preset": "{{{Name(i % Presets)}}}", "vmshepherd_intent": "host-0123456789abcdef-{{{i}}}", "vmshepherd_spec": "9f8e7d6c5b4a3210", "vmshepherd_token": "1.{{{i}}}", "role": "httpserver"}, "hostId": "2f3e4d5c6b7a89908172635445362718293a4b5c6d7e8f9000112233", "image": {"id": "8a9b0c1d-0000-4000-8000-000000000001", "links": [{"rel": "bookmark", "href": "http://nova.example/images/8a9b0c1d-0000-4000-8000-000000000001"}]}, "flavor": {"vcpus": 1, "ram": 512, "disk": 5, "ephemeral": 0, "swap": 0, "original_name": "m1.small", "extra_specs": {"hw_rng:allowed": "True"}}, "created": "2026-11-22T18:42:51Z", "updated": "2026-11-22T18:42:59Z", "addresses": {"private": [{"version": 4, "addr": "10.{{{i / 62500}}}.{{{i / 250 % 250}}}.{{{i % 250}}}", "OS-EXT-IPS:type": "fixed", "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:00:00:01"}]}, "accessIPv4": "", "accessIPv6": "", "links": [{"rel": "self", "href": "http://nova.example/v2.1/servers/{{{Id(i)}}}"}, {"rel": "bookmark", "href": "http://nova.example/servers/{{{Id(i)}}}"}], "OS-DCF:diskConfig": "MANUAL", "progress": 0, "OS-EXT-AZ:availability_zone": "nova", "config_drive": "", "key_name": "ops", "OS-SRV-USG:launched_at": "2026-11-22T18:42:59.000000", "OS-SRV-USG:terminated_at": null, "security_groups": [{"name": "default"}], "OS-EXT-STS:task_state": null, "OS-EXT-STS:vm_state": "active", "OS-EXT-STS:power_state": 1, "os-extended-volumes:volumes_attached": [], "locked": false, "description": null, "tags": [], "trusted_image_certificates": null}
        """);

    /// <summary>keystone and nova, as far as a look needs them.</summary>
    sealed class Canned(WebApplication app) : IAsyncDisposable
    {
        int _calls;

        public string Url { get; private set; } = "";
        public int Calls => Volatile.Read(ref _calls);

        public static async Task<Canned> StartAsync()
        {
            WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
            WebApplication app = builder.Build();
            var canned = new Canned(app);
            app.Run(canned.AnswerAsync);
            await app.StartAsync();
            canned.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
            return canned;
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();

        async Task AnswerAsync(HttpContext http)
        {
            Interlocked.Increment(ref _calls);
            http.Response.ContentType = "application/json";
            if (http.Request.Path == "/v3/auth/tokens")
            {
                http.Response.StatusCode = 201;
                http.Response.Headers["X-Subject-Token"] = "token";
                await http.Response.WriteAsync($$$"""
                    {"token": {"issued_at": "2026-01-01T00:00:00.000000Z", "expires_at": "2026-01-01T08:00:00.000000Z", "project": {"id": "p", "name": "p"},
                     "catalog": [{"type": "compute", "endpoints": [{"interface": "public", "region": "R", "url": "{{{Url}}}/nova/v2.1"}]}]}}
                    """);
                return;
            }

            byte[] answer = http.Request.Query.ContainsKey("changes-since") ? PageBehind(Id(Servers - 1))
                : http.Request.Path.Value!.EndsWith("/servers", StringComparison.Ordinal) ? Brief
                : !http.Request.Path.Value!.EndsWith("/detail", StringComparison.Ordinal) ? """{"version": {"version": "2.93"}}"""u8.ToArray()
                : PageBehind(http.Request.Query["marker"].ToString());
            http.Response.ContentLength = answer.Length;
            await http.Response.Body.WriteAsync(answer);
        }
    }
}
