using VmShepherd.Abstractions;
using VmShepherd.Drivers.Presets;
using VmShepherd.Testing;

namespace Drivers.Tests.Presets;

/// <summary>A folder that each test makes for itself.</summary>
public sealed class DirectoryDriverConformance : PresetDriverConformance
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmshepherd-test-");

    string Presets => Path.Combine(_folder.FullName, "presets");

    protected override Task<IPresetDriver> CreateDriverAsync()
    {
        Directory.CreateDirectory(Presets);
        return Task.FromResult(Create("presets"));
    }

    protected override Task<IPresetDriver> CreateUnreachableDriverAsync() => Task.FromResult(Create("absent"));

    protected override Task PutAsync(string name, string yaml) => File.WriteAllTextAsync(Path.Combine(Presets, name + ".conf"), yaml, Ct);

    protected override Task RemoveAsync(string name)
    {
        File.Delete(Path.Combine(Presets, name + ".conf"));
        return Task.CompletedTask;
    }

    protected override Task BreakAsync()
    {
        Directory.Delete(Presets, recursive: true);
        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    IPresetDriver Create(string path) => new DirectoryDriver(new DirectoryDriverOptions { Path = path }, new DriverContext(TimeProvider.System, new Random(1), _folder.FullName));
}
