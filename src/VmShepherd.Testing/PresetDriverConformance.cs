#pragma warning disable CS1591 // A test's name documents it.

using System.Text;
using VmShepherd.Abstractions;
using Xunit;

namespace VmShepherd.Testing;

/// <summary>
/// What every preset driver promises. Derive, say how to build yours and how its place is changed, and you inherit every test.
/// A place that the suite can't change still has what holds without: the other tests are skipped.
/// </summary>
public abstract class PresetDriverConformance : IAsyncLifetime
{
    IPresetDriver? _driver;

    /// <summary>Ends with the test.</summary>
    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>How long a driver that polls in the background may take to notice a change, on a busy test machine too.</summary>
    protected virtual TimeSpan NoticeTimeout => TimeSpan.FromSeconds(60);

    /// <summary>False when the suite has no way to change the place.</summary>
    protected virtual bool CanChange => true;

    /// <summary>A driver on the place of this test. Called once a test; disposed after it if it can be.</summary>
    protected abstract Task<IPresetDriver> CreateDriverAsync();

    /// <summary>A driver on a place that is out of reach, and was never reached.</summary>
    protected abstract Task<IPresetDriver> CreateUnreachableDriverAsync();

    /// <summary>Puts a preset into the place, or changes the one of this name. Other presets stay as they are.</summary>
    /// <param name="name">Letters and digits.</param>
    /// <param name="yaml">Its text.</param>
    protected virtual Task PutAsync(string name, string yaml) => throw new NotSupportedException("CanChange says that this place can be changed");

    /// <summary>Takes a preset out of the place.</summary>
    /// <param name="name">As it was put.</param>
    protected virtual Task RemoveAsync(string name) => throw new NotSupportedException("CanChange says that this place can be changed");

    /// <summary>Puts the place out of reach, with all that is in it.</summary>
    protected virtual Task BreakAsync() => throw new NotSupportedException("CanChange says that this place can be changed");

    /// <summary>Builds the driver.</summary>
    public async ValueTask InitializeAsync() => _driver = await CreateDriverAsync();

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        await DisposeOfAsync(_driver);
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task While_nothing_changes_the_revision_stays_and_so_does_that_of_each_source()
    {
        if (CanChange) await PutAsync("web", "name: web\n");
        PresetSnapshot first = await LoadedAsync(CanChange ? 1 : null), second = await Driver.LoadAsync(Ct);
        Assert.Equal(first.Revision, second.Revision);
        Assert.Equal(first.Sources.Select(source => (source.Origin, source.Revision)), second.Sources.Select(source => (source.Origin, source.Revision)));
    }

    [Fact]
    public async Task Every_source_has_an_origin_of_its_own_and_content_or_a_problem()
    {
        if (CanChange)
        {
            await PutAsync("web", "name: web\n");
            await PutAsync("db", "name: db\n");
        }
        PresetSnapshot snapshot = await LoadedAsync(CanChange ? 2 : null);
        Assert.Equal(snapshot.Sources.Count, snapshot.Sources.Select(source => source.Origin).Distinct(StringComparer.Ordinal).Count());
        Assert.All(snapshot.Sources, source =>
        {
            Assert.NotEmpty(source.Origin);
            Assert.NotEmpty(source.Revision);
            Assert.True(source.Content is null == source.Problem is not null, $"{source.Origin} has {(source.Content is null ? "neither content nor a problem" : "content and a problem")}");
        });
    }

    [Fact]
    public async Task A_changed_preset_has_another_revision_and_its_neighbour_has_not()
    {
        RequireChange();
        await PutAsync("web", "name: web\ncount: 1\n");
        await PutAsync("db", "name: db\n");
        PresetSnapshot before = await LoadedAsync(2);
        await PutAsync("web", "name: web\ncount: 2\n");
        PresetSnapshot after = await LoadAsync(snapshot => snapshot.Sources.Any(source => Text(source).Contains("count: 2", StringComparison.Ordinal)), "shows the change");

        Assert.NotEqual(before.Revision, after.Revision);
        Assert.Equal(before.Sources.Select(source => source.Origin).Order(StringComparer.Ordinal), after.Sources.Select(source => source.Origin).Order(StringComparer.Ordinal));
        string changed = after.Sources.Single(source => Text(source).Contains("count: 2", StringComparison.Ordinal)).Origin;
        Assert.All(after.Sources, source => Assert.Equal(source.Origin != changed, before.Sources.Single(old => old.Origin == source.Origin).Revision == source.Revision));
    }

    [Fact]
    public async Task A_snapshot_does_not_change_after_it_was_answered()
    {
        RequireChange();
        await PutAsync("web", "name: web\ncount: 1\n");
        PresetSnapshot before = await LoadedAsync(1);
        await PutAsync("web", "name: web\ncount: 2\n");
        await PutAsync("db", "name: db\n");
        await LoadedAsync(2);
        Assert.Contains("count: 1", Text(Assert.Single(before.Sources)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_preset_that_was_removed_is_gone_without_a_problem()
    {
        RequireChange();
        await PutAsync("web", "name: web\n");
        await PutAsync("db", "name: db\n");
        await LoadedAsync(2);
        await RemoveAsync("db");
        PresetSnapshot after = await LoadedAsync(1);
        Assert.Contains("name: web", Text(Assert.Single(after.Sources)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_place_that_goes_out_of_reach_is_a_problem_and_its_presets_do_not_just_vanish()
    {
        RequireChange();
        await PutAsync("web", "name: web\n");
        PresetSnapshot before = await LoadedAsync(1);
        await BreakAsync();
        PresetSnapshot broken = await LoadAsync(snapshot => snapshot.Problems.Count > 0 || snapshot.Sources.Any(source => source.Problem is not null), "says that its place is out of reach");
        Assert.NotEqual(before.Revision, broken.Revision);
        bool isThere = broken.Sources.Any(source => source.Origin == before.Sources[0].Origin);
        Assert.True(isThere || (broken.Problems.Count > 0 && broken.TroubledOrigins.Any(origin => before.Sources[0].Origin.StartsWith(origin, StringComparison.Ordinal))), "the preset vanished, and nothing says that its place is in trouble");
    }

    [Fact]
    public async Task A_place_that_was_never_reached_is_a_problem_and_no_exception()
    {
        IPresetDriver driver = await CreateUnreachableDriverAsync();
        PresetSnapshot snapshot = await LoadAsync(driver, seen => seen.Problems.Count > 0 || seen.Sources.Any(source => source.Problem is not null), "says that its place is out of reach");
        Assert.All(snapshot.Problems, problem => Assert.False(string.IsNullOrWhiteSpace(problem)));
        await DisposeOfAsync(driver);
    }

    [Fact]
    public async Task Loads_side_by_side_answer_alike()
    {
        if (CanChange) await PutAsync("web", "name: web\n");
        await LoadedAsync(CanChange ? 1 : null);
        PresetSnapshot[] snapshots = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Driver.LoadAsync(Ct)));
        Assert.Single(snapshots.Select(snapshot => snapshot.Revision).Distinct(StringComparer.Ordinal));
    }

    /// <summary>The driver under test.</summary>
    protected IPresetDriver Driver => _driver ?? throw new InvalidOperationException("The driver is there once the test has begun.");

    /// <summary>Loads until there are so many sources; <see langword="null"/> = once it has no problem.</summary>
    Task<PresetSnapshot> LoadedAsync(int? sources) =>
        LoadAsync(snapshot => sources is null ? snapshot.Problems.Count == 0 : snapshot.Problems.Count == 0 && snapshot.Sources.Count == sources, sources is null ? "can be read" : $"has {sources} sources");

    Task<PresetSnapshot> LoadAsync(Func<PresetSnapshot, bool> isSo, string what) => LoadAsync(Driver, isSo, what);

    async Task<PresetSnapshot> LoadAsync(IPresetDriver driver, Func<PresetSnapshot, bool> isSo, string what)
    {
        long began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            PresetSnapshot snapshot = await driver.LoadAsync(Ct);
            if (isSo(snapshot)) return snapshot;
            Assert.True(TimeProvider.System.GetElapsedTime(began) < NoticeTimeout,
                $"After {NoticeTimeout} there is no snapshot that {what}: {snapshot.Sources.Count} sources, problems: {string.Join("; ", snapshot.Problems)}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Ct);
        }
    }

    void RequireChange() => Assert.SkipUnless(CanChange, "the suite can't change this place");

    static string Text(PresetSource source) => source.Content switch
    {
        PresetContent.Yaml yaml => Encoding.UTF8.GetString(yaml.Bytes.Span),
        PresetContent.Document document => string.Join('\n', document.Value.Select(entry => $"{entry.Key}: {entry.Value}")),
        _ => "",
    };

    static async ValueTask DisposeOfAsync(IPresetDriver? driver)
    {
        if (driver is IAsyncDisposable disposable) await disposable.DisposeAsync();
    }
}
