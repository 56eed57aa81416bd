using System.Text;
using VmShepherd.Abstractions;
using Xunit;

namespace Drivers.Tests.Programs;

/// <summary>A place of presets that is a program.</summary>
public sealed class ProgramPresetTests : IAsyncDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmshepherd-test-");
    readonly IPresetDriver _driver;

    public ProgramPresetTests() => _driver = (IPresetDriver)Sample.Describe(DriverGroup.Presets, "Place", "behaving.py")
        .Create(new Dictionary<string, object?> { ["directory"] = Presets }, Sample.Context(_folder.FullName));

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    string Presets => Path.Combine(_folder.FullName, "presets");

    public async ValueTask DisposeAsync()
    {
        await ((IAsyncDisposable)_driver).DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task What_does_not_change_is_the_same_snapshot_and_a_place_out_of_reach_is_a_problem()
    {
        Directory.CreateDirectory(Presets);
        await File.WriteAllTextAsync(Path.Combine(Presets, "web.yaml"), "name: web\n", Ct);
        PresetSnapshot first = await _driver.LoadAsync(Ct);
        PresetSource web = Assert.Single(first.Sources);
        Assert.Equal("name: web\n", Encoding.UTF8.GetString(Assert.IsType<PresetContent.Yaml>(web.Content).Bytes.Span));
        Assert.Same(first, await _driver.LoadAsync(Ct));

        await File.WriteAllTextAsync(Path.Combine(Presets, "db.yaml"), "name: db\n", Ct);
        PresetSnapshot second = await _driver.LoadAsync(Ct);
        Assert.NotEqual(first.Revision, second.Revision);
        Assert.Equal(["db.yaml", "web.yaml"], second.Sources.Select(source => source.Origin));

        Directory.Delete(Presets, recursive: true);
        PresetSnapshot gone = await _driver.LoadAsync(Ct);
        Assert.Contains("is not there", Assert.Single(gone.Problems), StringComparison.Ordinal);
        Assert.Equal([""], gone.TroubledOrigins);
    }

    [Fact]
    public async Task A_document_keeps_its_types()
    {
        Directory.CreateDirectory(Presets);
        await File.WriteAllTextAsync(Path.Combine(Presets, "web.json"), """{"name": "web", "count": 2, "share": 0.5, "unmanaged": true, "none": null, "list": [1, "a"], "map": {"a": 1}}""", Ct);
        var document = Assert.IsType<PresetContent.Document>(Assert.Single((await _driver.LoadAsync(Ct)).Sources).Content);
        Assert.Equal(["web", 2L, 0.5, true, null], document.Value.Values.Take(5));
        Assert.Equal([1L, "a"], Assert.IsAssignableFrom<IReadOnlyList<object?>>(document.Value["list"]));
        Assert.Equal(1L, Assert.IsAssignableFrom<IReadOnlyDictionary<string, object?>>(document.Value["map"])["a"]);
    }

    [Fact]
    public async Task The_files_of_a_preset_are_read_by_the_program_within_its_root()
    {
        Directory.CreateDirectory(Presets);
        await File.WriteAllTextAsync(Path.Combine(Presets, "web.yaml"), "name: web\n", Ct);
        await File.WriteAllTextAsync(Path.Combine(Presets, "userdata"), "#cloud-config\n", Ct);
        IPresetFiles files = Assert.Single((await _driver.LoadAsync(Ct)).Sources).Files!;
        Assert.Equal("#cloud-config\n", Encoding.UTF8.GetString((await files.ReadAsync("userdata", 100, Ct)).Span));
        await Assert.ThrowsAsync<PresetFileException>(() => files.ReadAsync("userdata", 3, Ct));
        await Assert.ThrowsAsync<PresetFileException>(() => files.ReadAsync("../secret", 100, Ct));
        await Assert.ThrowsAsync<PresetFileException>(() => files.ReadAsync("absent", 100, Ct));
    }

    [Fact]
    public async Task A_program_that_dies_keeps_the_presets_it_told_of_as_a_place_in_trouble()
    {
        var program = Sample.Describe(DriverGroup.Presets, "Place", "/nowhere");
        await using var driver = (IAsyncDisposable)program.Create(new Dictionary<string, object?>(), Sample.Context(_folder.FullName));
        PresetSnapshot snapshot = await ((IPresetDriver)driver).LoadAsync(Ct);
        Assert.Empty(snapshot.Sources);
        Assert.Contains("exit code", Assert.Single(snapshot.Problems), StringComparison.Ordinal);
    }
}
