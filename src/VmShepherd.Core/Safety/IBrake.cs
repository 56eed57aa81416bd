using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Safety;

/// <summary>What a brake may look at.</summary>
/// <param name="Preset">What is wanted.</param>
/// <param name="Seen">What was seen.</param>
/// <param name="Past">What was remembered before this look.</param>
/// <param name="Instance">What this instance knows beyond the preset.</param>
/// <param name="Now">Steady.</param>
public readonly record struct Situation(Preset Preset, Observation Seen, History Past, InstanceFacts Instance, DateTimeOffset Now);

/// <summary>
/// A limit on a plan. It may drop steps or make them smaller, say why, and remember something. It never adds a step.
/// What a person asked for (<see cref="Cause.Requested"/>) passes all brakes.
/// </summary>
public interface IBrake
{
    Plan Limit(Plan plan, Situation situation);
}
