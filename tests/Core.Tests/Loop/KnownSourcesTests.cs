using System.Text;
using Core.Tests.Drivers;
using Core.Tests.Safety;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Core;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Drivers.Runtime.InMemory;
using Xunit;

namespace Core.Tests.Loop;

/// <summary>What is in force after a restart of a process whose store survives it.</summary>
public sealed class KnownSourcesTests
{
    static readonly Settings Settings = Sample.Good("defaults: {iaas: {driver: SampleCloud, auth_url: http://cloud, password: x}}");

    readonly FakeTimeProvider _time = new(Given.Noon);
    readonly InMemoryDriver _store;
    readonly SamplePlace _place = new(new NoOptions(), new DriverContext(TimeProvider.System, new Random(1), "/"));
    readonly PresetCatalogBuilder _builder = new(new PresetReader(Sample.Registry, Sample.NoEnvironment));

    public KnownSourcesTests() => _store = new InMemoryDriver(new InMemoryOptions(), new DriverContext(_time, new Random(1), "/"));

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    static PresetSource File(string origin, string text) => new(origin, text, new PresetContent.Yaml(Encoding.UTF8.GetBytes(text)));

    static PresetSource Good(string origin, string name, int count = 1) => File(origin, $"name: {name}\ncount: {count}\nimage: a\nflavor: b\n");

    KnownSources Process(string instance) => new(instance, _store, _builder, new SteadyClock(_time));

    Task<PresetCatalog> ReadAsync(PresetCatalog previous, params PresetSource[] sources)
    {
        _place.Load = () => new PresetSnapshot(string.Join('|', sources.Select(source => source.Revision)), sources);
        return new CatalogRefresher(_builder, _time).RefreshAsync(_place, Settings, previous, Ct);
    }

    /// <summary>A process reads these, keeps them, and ends.</summary>
    async Task LiveAsync(params PresetSource[] sources) => await Process("a").KeepAsync(await ReadAsync(PresetCatalog.Empty, sources));

    async Task<PresetCatalog> RestartAsync(params PresetSource[] sources) => await ReadAsync(await Process("b").RecallAsync(Settings, Ct), sources);

    [Fact]
    public async Task A_file_that_is_broken_after_a_restart_is_in_force_as_it_was_before()
    {
        await LiveAsync(Good("a", "web", 5), Good("b", "db"));
        PresetCatalog catalog = await RestartAsync(File("a", "{"), Good("b", "db", 2));

        Assert.Equal((5, 2), (catalog.Presets["web"].Count, catalog.Presets["db"].Count));
        Assert.Contains("the last good version of preset 'web' stays in force", Assert.Single(catalog.Problems).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_place_out_of_reach_after_a_restart_is_in_force_as_it_was_before()
    {
        await LiveAsync([.. Enumerable.Range(0, 50).Select(i => Good($"f{i}", $"p{i}"))]);
        PresetCatalog recalled = await Process("b").RecallAsync(Settings, Ct);
        _place.Load = () => throw new IOException("stale NFS handle");
        PresetCatalog catalog = await new CatalogRefresher(_builder, _time).RefreshAsync(_place, Settings, recalled, Ct);

        Assert.Equal(50, catalog.Presets.Count);
        Assert.Contains("stale NFS handle", Assert.Single(catalog.Problems).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_preset_that_vanished_while_nobody_ran_is_released_and_who_looks_like_it_is_marked()
    {
        await LiveAsync(Good("a", "web"), Good("b", "db"));
        PresetCatalog catalog = await RestartAsync(Good("b", "db"), Good("a", "shop"));

        Assert.Equal("web", Assert.Single(catalog.Released).Name);
        Assert.Equal("web", catalog.LookAlikes["shop"]);
    }

    [Fact]
    public async Task What_vanished_is_missed_by_the_next_process_and_not_by_the_one_after()
    {
        await LiveAsync(Good("a", "web"));
        KnownSources known = Process("b");
        PresetCatalog empty = await ReadAsync(await known.RecallAsync(Settings, Ct));
        Assert.Single(empty.Released);
        await known.KeepAsync(empty);

        Assert.Empty((await RestartAsync()).Released);
    }

    [Fact]
    public async Task What_was_good_last_is_kept_while_a_file_is_broken_and_what_was_removed_is_not()
    {
        PresetCatalog first = await ReadAsync(PresetCatalog.Empty, Good("a", "web", 5), Good("b", "db"));
        KnownSources known = Process("a");
        await known.KeepAsync(first);
        await known.KeepAsync(await ReadAsync(first, File("a", "{"))); // web is broken, db is gone

        Assert.Equal(["web"], (await Process("b").RecallAsync(Settings, Ct)).Presets.Keys);
    }

    [Fact]
    public async Task A_structured_preset_comes_back_with_its_types()
    {
        var document = new Dictionary<string, object?>
        {
            ["name"] = "web", ["count"] = 2L, ["image"] = "a", ["flavor"] = "b", ["max_dead"] = 0.5, ["unmanaged"] = false, ["meta_tags"] = new Dictionary<string, object?> { ["role"] = "http", ["x"] = null },
            ["network"] = new Dictionary<string, object?> { ["security_groups"] = new object?[] { "default" } },
        };
        await LiveAsync(new PresetSource("row 1", "1", new PresetContent.Document(document)) { NamePrefix = "db." });
        Preset web = (await Process("b").RecallAsync(Settings, Ct)).Presets["db.web"];

        Assert.Equal((2, 0.5), (web.Count, web.Limits.MaxDead));
        Assert.Equal(["default"], web.Network.SecurityGroups);
    }

    [Fact]
    public async Task A_value_without_a_word_in_JSON_keeps_no_other_preset_from_being_stored()
    {
        var document = new Dictionary<string, object?> { ["name"] = "odd", ["count"] = 1L, ["image"] = "a", ["flavor"] = "b", ["meta_tags"] = new Dictionary<string, object?> { ["x"] = double.NaN } };
        await LiveAsync(new PresetSource("row 1", "1", new PresetContent.Document(document)), Good("a", "web"));

        Assert.Equal(["odd", "web"], (await Process("b").RecallAsync(Settings, Ct)).Presets.Keys.Order());
    }

    [Fact]
    public async Task An_unchanged_catalog_is_not_stored_again()
    {
        PresetCatalog catalog = await ReadAsync(PresetCatalog.Empty, Good("a", "web"));
        List<string> log = [];
        var store = new WatchedStore(_store, log);
        var known = new KnownSources("a", store, _builder, new SteadyClock(_time));
        await known.KeepAsync(catalog);
        await known.KeepAsync(catalog);
        await new KnownSources("b", store, _builder, new SteadyClock(_time)).KeepAsync(catalog);

        Assert.Equal(["complete with state", "complete"], log); // the second process finds it stored
    }

    [Fact]
    public async Task What_another_instance_is_storing_is_left_to_it_and_tried_again()
    {
        PresetCatalog catalog = await ReadAsync(PresetCatalog.Empty, Good("a", "web"));
        string[] names = [.. Enumerable.Range(0, 16).Select(part => $" sources/{part:x}")];
        await _store.ClaimAsync(new ClaimRequest("other", names, 16, TimeSpan.FromSeconds(30)), Ct);
        KnownSources known = Process("a");
        await known.KeepAsync(catalog);
        Assert.Empty((await Process("b").RecallAsync(Settings, Ct)).Presets);

        _time.Advance(TimeSpan.FromSeconds(31));
        await known.KeepAsync(catalog);
        Assert.Single((await Process("b").RecallAsync(Settings, Ct)).Presets);
    }

    [Fact]
    public async Task Another_address_of_the_place_loses_nothing()
    {
        await LiveAsync(Good("a", "web"));
        Settings moved = Settings with { Presets = Settings.Presets with { Key = "another" } };

        Assert.Single((await Process("b").RecallAsync(moved, Ct)).Presets);
    }

    [Fact]
    public async Task Of_two_presets_with_one_name_the_one_in_force_is_in_force_after_a_restart_too()
    {
        PresetCatalog first = await ReadAsync(PresetCatalog.Empty, Good("b", "web", 5));
        KnownSources known = Process("a");
        await known.KeepAsync(first);
        await known.KeepAsync(await ReadAsync(first, Good("a", "web", 0), Good("b", "web", 5)));
        PresetCatalog catalog = await RestartAsync(Good("a", "web", 0), Good("b", "web", 5));

        Assert.Equal(("b", 5), (catalog.Presets["web"].Origin, catalog.Presets["web"].Count));
        Assert.Equal(2, catalog.Problems.Count);
    }

    [Fact]
    public async Task A_preset_that_was_broken_before_a_restart_reads_the_files_that_lie_beside_it()
    {
        PresetSource good = File("a", "name: web\ncount: 1\nimage: a\nflavor: b\nuserdata: file://data\n") with { Files = new Folder("/presets") };
        await LiveAsync(good);
        Preset web = (await RestartAsync(File("a", "{") with { Files = new Folder("/presets") })).Presets["web"];

        Assert.Equal(("/presets", (object?)"/presets"), (web.Userdata.Files?.Root, web.Document["userdata_source_root"]));
    }

    sealed record Folder(string Root) : IPresetFiles
    {
        public Task<ReadOnlyMemory<byte>> ReadAsync(string path, int maxBytes, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
