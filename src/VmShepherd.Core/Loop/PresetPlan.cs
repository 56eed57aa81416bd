using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Loop;

/// <summary>What one preset would do now, and why not more.</summary>
/// <param name="Preset">Its name.</param>
/// <param name="Desired">Its count.</param>
/// <param name="Plan">After the brakes; null = the look failed, or there is no valid preset.</param>
/// <param name="Problems">What is wrong.</param>
public sealed record PresetPlan(string Preset, int Desired, Plan? Plan, IReadOnlyList<string> Problems);
