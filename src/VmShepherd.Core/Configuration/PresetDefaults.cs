namespace VmShepherd.Core.Configuration;

/// <summary><c>defaults</c> of the settings, as a tree: the preset reader merges it under each preset.</summary>
/// <param name="Revision">Hash of the tree: part of every preset's revision.</param>
/// <param name="Iaas">Merged under <c>iaas</c>.</param>
/// <param name="Healthcheck">Merged under <c>healthcheck</c>.</param>
public sealed record PresetDefaults(string Revision, IReadOnlyDictionary<string, object?> Iaas, IReadOnlyDictionary<string, object?> Healthcheck);
