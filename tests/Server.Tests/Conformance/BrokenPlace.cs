using System.Text;
using VmShepherd.Abstractions;
using VmShepherd.Testing;

namespace VmShepherd.Server.Tests.Conformance;

/// <summary>A place in memory, broken in one promise.</summary>
sealed class BrokenPlace(IDictionary<string, string> presets, Func<bool> isReachable, string broken) : IPresetDriver
{
    readonly List<PresetSource> _shared = [];
    PresetSnapshot _last = new("none", []);
    int _loads;

    bool Is(string promise) => broken == promise;

    public Task<PresetSnapshot> LoadAsync(CancellationToken cancellationToken)
    {
        _loads++;
        if (!isReachable())
        {
            if (Is("throws when down")) throw new IOException("nobody answers");
            if (Is("empty when down")) return Task.FromResult(new PresetSnapshot("empty", []) { Problems = ["nobody answers"], TroubledOrigins = ["elsewhere"] });
            return Task.FromResult(_last with { Revision = _last.Revision + "!", Problems = ["nobody answers"] });
        }
        PresetSource[] sources = [.. presets.Select(Source)];
        if (Is("changes what it gave"))
        {
            _shared.Clear();
            _shared.AddRange(sources);
        }
        string all = string.Concat(presets.Select(preset => preset.Key + preset.Value));
        return Task.FromResult(_last = new PresetSnapshot(Is("revision") ? $"{_loads}" : all, Is("changes what it gave") ? _shared : sources));
    }

    PresetSource Source(KeyValuePair<string, string> preset)
    {
        string revision = Is("neighbours") ? string.Concat(presets.Values) : Is("stale revision") ? "same" : preset.Value;
        var source = new PresetSource(Is("origins") ? "place" : preset.Key, revision, new PresetContent.Yaml(Encoding.UTF8.GetBytes(preset.Value)));
        return Is("says nothing") ? source with { Content = null } : source;
    }
}

sealed class BrokenPlaceConformance(string broken) : PresetDriverConformance
{
    readonly SortedDictionary<string, string> _presets = new(StringComparer.Ordinal);
    bool _isReachable = true;

    protected override TimeSpan NoticeTimeout => TimeSpan.FromSeconds(1);

    protected override Task<IPresetDriver> CreateDriverAsync() => Task.FromResult<IPresetDriver>(new BrokenPlace(_presets, () => _isReachable, broken));

    protected override Task<IPresetDriver> CreateUnreachableDriverAsync() => Task.FromResult<IPresetDriver>(new BrokenPlace(_presets, () => false, broken));

    protected override Task PutAsync(string name, string yaml)
    {
        _presets[name] = yaml;
        return Task.CompletedTask;
    }

    protected override Task RemoveAsync(string name)
    {
        if (broken != "keeps the dead") _presets.Remove(name);
        return Task.CompletedTask;
    }

    protected override Task BreakAsync()
    {
        _isReachable = false;
        return Task.CompletedTask;
    }
}
