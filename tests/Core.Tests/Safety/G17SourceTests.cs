using System.Text;
using Core.Tests.Drivers;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using Xunit;

namespace Core.Tests.Safety;

public sealed class G17SourceTests
{
    static readonly Settings Defaults = Sample.Good("defaults: {iaas: {driver: SampleCloud, auth_url: http://cloud, password: x}}");
    readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    readonly SamplePlace _place = new(new NoOptions(), new DriverContext(TimeProvider.System, new Random(1), "/"));
    readonly CatalogRefresher _refresher;
    PresetCatalog _catalog = PresetCatalog.Empty;
    int _revision;

    public G17SourceTests() => _refresher = new(new PresetCatalogBuilder(new PresetReader(Sample.Registry, Sample.NoEnvironment)), _time);

    static PresetSource File(string origin, string name, int count = 1) => Text(origin, $"name: {name}\ncount: {count}\nimage: a\nflavor: b\n");

    static PresetSource Text(string origin, string text) => new(origin, text, new PresetContent.Yaml(Encoding.UTF8.GetBytes(text)));

    Task<PresetCatalog> RefreshAsync(params PresetSource[] sources) => RefreshAsync(new PresetSnapshot($"{++_revision}", sources));

    async Task<PresetCatalog> RefreshAsync(PresetSnapshot snapshot, Settings? settings = null)
    {
        _place.Load = () => snapshot;
        _time.Advance(TimeSpan.FromSeconds(10));
        return _catalog = await _refresher.RefreshAsync(_place, settings ?? Defaults, _catalog, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task The_same_revision_is_the_same_catalog()
    {
        var snapshot = new PresetSnapshot("s", [File("a", "web")]);
        PresetCatalog first = await RefreshAsync(snapshot);
        Assert.Same(first, await RefreshAsync(snapshot));
        Assert.NotSame(first, await RefreshAsync(snapshot, Sample.Good("defaults: {iaas: {driver: SampleCloud, auth_url: http://b, password: x}}")));
    }

    [Fact]
    public async Task An_unchanged_source_is_not_read_again()
    {
        Preset web = (await RefreshAsync(File("a", "web"), File("b", "db"))).Presets["web"];
        PresetCatalog next = await RefreshAsync(File("a", "web"), File("b", "db", 2));
        Assert.Same(web, next.Presets["web"]);
        Assert.Equal(2, next.Presets["db"].Count);
    }

    [Fact]
    public async Task A_source_that_a_later_commit_left_alone_is_of_that_commit_and_reads_its_files()
    {
        static PresetSource At(string commit, string text) => Text("repo:a", text + "\nuserdata: file://data\n") with
        {
            Location = $"repo@{commit}:a",
            Commit = new SourceCommit(commit, DateTimeOffset.UnixEpoch),
            Files = new CommitFiles($"repo@{commit}:"),
        };
        const string Good = "name: web\ncount: 1\nimage: a\nflavor: b", Bad = "name: web\ncount: many\nimage: a\nflavor: b";
        Preset first = (await RefreshAsync(At("1", Good))).Presets["web"];
        Preset second = (await RefreshAsync(At("2", Good))).Presets["web"];
        Assert.Equal(("repo:a", "repo@2:a", "2", "repo@2:", "repo@2:"), (second.Origin, second.Location, second.Commit!.Id, second.Userdata.Files!.Root, second.Document["userdata_source_root"]));
        Assert.Equal((first.Revision, first.SpecHash, "repo@1:"), (second.Revision, second.SpecHash, first.Userdata.Files!.Root));

        // A later commit breaks it: the preset stays, and so do the files of the commit it is of.
        PresetCatalog broken = await RefreshAsync(At("3", Bad));
        Assert.Equal(("2", "repo@2:"), (broken.Presets["web"].Commit!.Id, broken.Presets["web"].Userdata.Files!.Root));
        Assert.StartsWith("repo@3:a:2:8 count:", Assert.Single(broken.Problems).Text, StringComparison.Ordinal);
        Assert.Equal("2", (await RefreshAsync(At("4", Bad))).Presets["web"].Commit!.Id);
        Assert.Equal("5", (await RefreshAsync(At("5", Good))).Presets["web"].Commit!.Id);
    }

    sealed record CommitFiles(string Root) : IPresetFiles
    {
        public Task<ReadOnlyMemory<byte>> ReadAsync(string path, int maxBytes, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    [Fact]
    public async Task A_broken_file_keeps_its_last_good_preset_and_hurts_nobody_else()
    {
        await RefreshAsync(File("a", "web"), File("b", "db"));
        PresetCatalog broken = await RefreshAsync(Text("a", "name: web\ncount: many\nimage: a\nflavor: b"), File("b", "db", 5));
        Assert.Equal((1, 5), (broken.Presets["web"].Count, broken.Presets["db"].Count));
        CatalogProblem problem = Assert.Single(broken.Problems);
        Assert.Equal("a:2:8 count: expected an integer from 0 to 10000, this is 'many'; since 2026-01-01 00:00:20Z the last good version of preset 'web' stays in force", problem.Text);

        PresetCatalog stillBroken = await RefreshAsync(new PresetSource("a", "", null) { Problem = "permission denied" }, File("b", "db", 5));
        Assert.Equal(problem.Since, Assert.Single(stillBroken.ProblemsOf("web")).Since);
        Assert.Empty(stillBroken.Released);
        Assert.Empty((await RefreshAsync(File("a", "web", 2), File("b", "db", 5))).Problems);
    }

    [Fact]
    public async Task A_file_that_was_never_good_is_a_problem_without_a_preset()
    {
        PresetCatalog catalog = await RefreshAsync(Text("a", "{"), File("b", "db"));
        Assert.Equal("db", Assert.Single(catalog.Presets.Keys));
        Assert.Contains("no earlier version", Assert.Single(catalog.Problems).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_driver_that_fails_changes_nothing_but_the_problems()
    {
        var snapshot = new PresetSnapshot("s", [File("a", "web")]);
        await RefreshAsync(snapshot);
        _place.Load = () => throw new IOException("git is down");
        _catalog = await _refresher.RefreshAsync(_place, Defaults, _catalog, TestContext.Current.CancellationToken);
        Assert.Contains("git is down", Assert.Single(_catalog.Problems).Text, StringComparison.Ordinal);
        Assert.True(_catalog.Presets.ContainsKey("web"));
        Assert.Same(_catalog, await _refresher.RefreshAsync(_place, Defaults, _catalog, TestContext.Current.CancellationToken));
        Assert.Empty((await RefreshAsync(snapshot)).Problems);
    }

    [Fact]
    public async Task A_vanished_preset_is_released_and_may_come_back()
    {
        await RefreshAsync(File("a", "web"), File("b", "db"));
        PresetCatalog without = await RefreshAsync(File("b", "db"));
        Assert.Equal([("web", "a", _time.GetUtcNow())], without.Released.Select(preset => (preset.Name, preset.Origin, preset.At)));
        Assert.False(without.Presets.ContainsKey("web"));
        Assert.Single((await RefreshAsync(File("b", "db", 2))).Released);
        Assert.DoesNotContain((await RefreshAsync(File("c", "web"))).Released, r => r.Name == "web");
    }

    [Fact]
    public async Task A_moved_file_releases_nothing()
    {
        await RefreshAsync(File("a", "web"));
        Assert.Empty((await RefreshAsync(File("z", "web"))).Released);
    }

    [Fact]
    public async Task While_the_place_is_in_trouble_nothing_is_released()
    {
        await RefreshAsync(File("a", "web"));
        PresetCatalog catalog = await RefreshAsync(new PresetSnapshot("t", []) { Problems = ["repository out of reach"] });
        Assert.True(catalog.Presets.ContainsKey("web"));
        Assert.Empty(catalog.Released);
        Assert.Equal("repository out of reach", Assert.Single(catalog.Problems).Text);
    }

    [Fact]
    public async Task While_one_place_is_in_trouble_another_one_counts()
    {
        await RefreshAsync(File("down:a", "web"), File("up:b", "db"), File("up:c", "mail"));
        PresetCatalog catalog = await RefreshAsync(new PresetSnapshot("t", [File("up:c", "mail", 2)]) { Problems = ["down is out of reach"], TroubledOrigins = ["down:"] });
        Assert.Equal([("mail", 2), ("web", 1)], catalog.Presets.Values.Select(preset => (preset.Name, preset.Count)).Order());
        Assert.Equal("db", Assert.Single(catalog.Released).Name);
    }

    [Theory]
    [InlineData("a", "shop", "image: other")] // the name changed where it stood
    [InlineData("a", "shop", "image: a\niaas: {port: 81}")] // and an option of the driver with it
    [InlineData("z", "shop", "")] // another file, the same make
    [InlineData("z", "repo.web", "image: other")] // moved into a repository
    public async Task A_new_preset_that_looks_like_one_that_has_just_vanished_is_marked(string origin, string name, string more)
    {
        await RefreshAsync(File("a", "web"), File("b", "db"));
        PresetCatalog renamed = await RefreshAsync(Text(origin, $"name: {name}\ncount: 1\n{(more.Length > 0 ? more : "image: a")}\nflavor: b\n"), File("b", "db"));
        Assert.Equal("web", renamed.LookAlikes[name]);
        Assert.Equal("web", (await RefreshAsync(Text(origin, $"name: {name}\ncount: 2\n{(more.Length > 0 ? more : "image: a")}\nflavor: b\n"))).LookAlikes[name]);
    }

    [Fact]
    public async Task A_new_preset_of_the_same_make_and_name_in_another_repository_is_marked_though_the_other_is_there_still()
    {
        Assert.Empty((await RefreshAsync(File("a", "infra.web"), File("b", "apps.web"))).LookAlikes); // both came at once: they are two
        Assert.Equal("apps.web", (await RefreshAsync(File("a", "infra.web"), File("b", "apps.web"), File("c", "edge.web"))).LookAlikes["edge.web"]);
        Assert.Empty((await RefreshAsync(File("a", "infra.web"), File("b", "apps.web"), File("c", "edge.web"), Text("d", "name: lab.web\ncount: 1\nimage: other\nflavor: b"))).LookAlikes);
    }

    [Fact]
    public async Task A_preset_that_names_its_previous_name_or_came_beside_the_other_looks_like_nobody()
    {
        await RefreshAsync(File("a", "web"));
        PresetCatalog renamed = await RefreshAsync(Text("a", "name: shop\ncount: 1\nimage: a\nflavor: b\nprevious_names: [web]"));
        Assert.Empty(renamed.LookAlikes);
        Assert.Empty(renamed.Released); // it lives on under its new name

        Assert.Empty((await RefreshAsync(Text("a", "name: shop\ncount: 1\nimage: a\nflavor: b"), File("c", "copy"))).LookAlikes);
    }

    [Fact]
    public async Task A_preset_that_comes_a_day_later_or_is_made_differently_looks_like_nobody()
    {
        await RefreshAsync(File("a", "web"), File("b", "db"));
        await RefreshAsync(File("b", "db"));
        Assert.Empty((await RefreshAsync(Text("c", "name: other\ncount: 1\nimage: x\nflavor: y"), File("b", "db"))).LookAlikes);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Empty((await RefreshAsync(File("d", "shop"), File("b", "db"))).LookAlikes);
    }

    [Fact]
    public async Task A_previous_name_that_two_presets_could_mean_is_nobodys()
    {
        static PresetSource Renamed(string origin, string name, string before) => Text(origin, $"name: {name}\ncount: 1\nimage: a\nflavor: b\nprevious_names: [{before}]");
        PresetCatalog catalog = await RefreshAsync(Renamed("a", "one", "web, db"), Renamed("b", "two", "web"), File("c", "db"));
        Assert.All(catalog.Presets.Values, preset => Assert.Empty(preset.PreviousNames));
        Assert.Equal(
        [
            "previous_names: 'web' is also given by 'two' (b): its machines are counted by neither until one of them drops it",
            "previous_names: 'db' is a preset of its own (c): its machines are not counted here",
            "previous_names: 'web' is also given by 'one' (a): its machines are counted by neither until one of them drops it",
        ], catalog.Problems.Select(problem => problem.Text));
        Assert.Equal(["web"], (await RefreshAsync(Renamed("a", "one", "web"))).Presets["one"].PreviousNames);
    }

    [Fact]
    public async Task Of_two_presets_with_one_name_the_one_in_force_stays_and_both_are_named()
    {
        await RefreshAsync(File("b", "web", 2));
        PresetCatalog both = await RefreshAsync(File("a", "web", 9), File("b", "web", 3));
        Assert.Equal(2, both.Presets["web"].Count);
        Assert.Equal(["a", "b"], both.ProblemsOf("web").Select(p => p.Origin));
        Assert.All(both.Problems, p => Assert.Contains("a and b", p.Text, StringComparison.Ordinal));
        Assert.Equal(3, (await RefreshAsync(File("b", "web", 3))).Presets["web"].Count);
    }

    [Fact]
    public async Task Of_two_new_presets_with_one_name_the_first_origin_counts() =>
        Assert.Equal("a", (await RefreshAsync(File("b", "web"), File("a", "web"))).Presets["web"].Origin);
}
