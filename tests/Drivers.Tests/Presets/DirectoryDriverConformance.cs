using VmShepherd.Abstractions;
using VmShepherd.Drivers.Presets;
using VmShepherd.Testing;

namespace Drivers.Tests.Presets;

public sealed class DirectoryDriverConformance() : FolderConformance(".conf")
{
    protected override IPresetDriver Create(string folder, string baseDirectory) =>
        new DirectoryDriver(new DirectoryDriverOptions { Path = folder }, new DriverContext(TimeProvider.System, new Random(1), baseDirectory));
}

/// <summary>For drivers whose place is a folder of files, a preset each, that each test makes for itself.</summary>
public abstract class FolderConformance(string extension) : PresetDriverConformance
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmshepherd-test-");

    string Presets => Path.Combine(_folder.FullName, "presets");

    /// <summary>One for presets in this folder, which may not be there.</summary>
    protected abstract IPresetDriver Create(string folder, string baseDirectory);

    protected override Task<IPresetDriver> CreateDriverAsync()
    {
        Directory.CreateDirectory(Presets);
        return Task.FromResult(Create("presets", _folder.FullName));
    }

    protected override Task<IPresetDriver> CreateUnreachableDriverAsync() => Task.FromResult(Create("absent", _folder.FullName));

    protected override Task PutAsync(string name, string yaml) => File.WriteAllTextAsync(Path.Combine(Presets, name + extension), yaml, Ct);

    protected override Task RemoveAsync(string name)
    {
        File.Delete(Path.Combine(Presets, name + extension));
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
        GC.SuppressFinalize(this);
    }
}
