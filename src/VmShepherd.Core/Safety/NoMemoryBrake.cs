using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Safety;

/// <summary>G3: without stored state somebody's create may still be on its way: wait for a list begun a visibility grace after the memory began.</summary>
sealed class NoMemoryBrake : IBrake
{
    public Plan Limit(Plan plan, Situation situation)
    {
        TimeSpan grace = situation.Seen.VisibilityGrace;
        return situation.Seen.ListBegun >= situation.Past.BornAt + grace
            ? plan
            : plan.Without(step => step is Step.Create, new Hold("no-memory", "no state is stored for this preset: a machine asked for before may not be listed yet", $"a list begun {Classifier.Words(grace)} (visibility_grace) after {situation.Past.BornAt:u}"));
    }
}
