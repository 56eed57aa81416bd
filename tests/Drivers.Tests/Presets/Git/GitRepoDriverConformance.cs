using VmShepherd.Abstractions;
using VmShepherd.Drivers.Presets.Git;
using VmShepherd.Testing;

namespace Drivers.Tests.Presets.Git;

/// <summary>A repository that each test makes for itself, looked at again in each load.</summary>
public sealed class GitRepoDriverConformance : PresetDriverConformance
{
    readonly Sandbox _sandbox = new();
    readonly SortedDictionary<string, string> _files = new(StringComparer.Ordinal);

    protected override Task<IPresetDriver> CreateDriverAsync()
    {
        _sandbox.Create("presets");
        Commit();
        GitRepoDriver driver = _sandbox.Driver("presets");
        return Task.FromResult<IPresetDriver>(driver);
    }

    protected override Task<IPresetDriver> CreateUnreachableDriverAsync() => Task.FromResult<IPresetDriver>(_sandbox.Driver("absent"));

    protected override Task PutAsync(string name, string yaml)
    {
        _files[name + ".conf"] = yaml;
        Commit();
        return Task.CompletedTask;
    }

    protected override Task RemoveAsync(string name)
    {
        _files.Remove(name + ".conf");
        Commit();
        return Task.CompletedTask;
    }

    protected override Task BreakAsync()
    {
        Directory.Delete(_sandbox.RepositoryPath("presets"), recursive: true);
        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _sandbox.DisposeAsync();
    }

    void Commit() => _sandbox.Commit("presets", [.. _files.Select(file => (file.Key, file.Value)), ("README", "presets")]);
}
