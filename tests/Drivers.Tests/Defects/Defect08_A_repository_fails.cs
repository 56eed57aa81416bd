using Drivers.Tests.Presets.Git;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Presets.Git;
using Xunit;

namespace Drivers.Tests.Defects;

/// <summary>There, a failing pull made the repository's presets vanish, a rewritten history never recovered, and one bad file dropped its repository.</summary>
public sealed class Defect08_A_repository_fails : IAsyncDisposable
{
    readonly Sandbox _sandbox = new();

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    async Task<(GitRepoDriver Driver, PresetSnapshot First)> LoadedAsync(params (string Path, string Text)[] files)
    {
        _sandbox.Create("infra");
        _sandbox.Commit("infra", files);
        GitRepoDriver driver = _sandbox.Driver("infra");
        return (driver, await driver.LoadAsync(Stop));
    }

    [Fact]
    public async Task Its_presets_stay_as_they_were_and_the_trouble_is_said()
    {
        (GitRepoDriver driver, PresetSnapshot first) = await LoadedAsync(("web.conf", "name: web"), ("db.conf", "name: db"));
        Directory.Move(_sandbox.RepositoryPath("infra"), _sandbox.RepositoryPath("gone"));
        PresetSnapshot broken = await Sandbox.LoadUntilAsync(driver, snapshot => snapshot.Problems.Count > 0);
        Assert.Equal(first.Sources, broken.Sources);
        Assert.Contains("stays in force", broken.Problems[0], StringComparison.Ordinal);

        Directory.Move(_sandbox.RepositoryPath("gone"), _sandbox.RepositoryPath("infra"));
        Assert.Equal(first.Sources, (await Sandbox.LoadUntilAsync(driver, snapshot => snapshot.Problems.Count == 0)).Sources);
    }

    [Fact]
    public async Task A_rewritten_history_is_followed()
    {
        (GitRepoDriver driver, _) = await LoadedAsync(("web.conf", "count: 1"));
        _sandbox.Commit("infra", "main", rewrite: true, ("web.conf", "count: 2"));
        await Sandbox.LoadUntilAsync(driver, snapshot => Sandbox.Text(snapshot.Sources[0]) == "count: 2");
    }

    [Fact]
    public async Task A_bad_file_leaves_its_neighbours_alone()
    {
        (_, PresetSnapshot snapshot) = await LoadedAsync(("bad.conf", "-> /etc/passwd"), ("good.conf", "name: good"));
        Assert.Equal([null, "name: good"], snapshot.Sources.Select(source => source.Content is null ? null : Sandbox.Text(source)));
        Assert.NotNull(snapshot.Sources[0].Problem);
    }
}
