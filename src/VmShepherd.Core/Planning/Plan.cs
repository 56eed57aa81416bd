using System.Text.Json.Serialization;

namespace VmShepherd.Core.Planning;

/// <summary>One thing to do.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "do")]
[JsonDerivedType(typeof(Create), "create")]
[JsonDerivedType(typeof(Terminate), "terminate")]
public abstract record Step
{
    Step() { }

    /// <summary>Why, for the report.</summary>
    public abstract string Reason { get; init; }

    /// <param name="Count">How many machines; at least 1.</param>
    /// <param name="Reason">Why.</param>
    public sealed record Create(int Count, string Reason) : Step
    {
        public override string Reason { get; init; } = Reason;
    }

    /// <param name="Vm">Which machine.</param>
    /// <param name="Cause">Why, as a kind.</param>
    /// <param name="Reason">Why, in words.</param>
    public sealed record Terminate(string Vm, Cause Cause, string Reason) : Step
    {
        public override string Reason { get; init; } = Reason;

        /// <summary>Counts against the pace (G9).</summary>
        public bool Paced { get; init; }

        /// <summary>The request that asked for it, when a person did.</summary>
        public Request.Terminate? Request { get; init; }
    }
}

/// <summary>A brake holds something: which, what and why, since when, and what would release it.</summary>
public sealed record Hold(string Brake, string Reason, string Release)
{
    public DateTimeOffset Since { get; init; }
}

/// <summary>What one cycle should do, what was held back, and what to remember. Any subset of its steps is safe.</summary>
public sealed record Plan
{
    public IReadOnlyList<Step> Steps { get; init; } = [];
    public IReadOnlyList<Hold> Held { get; init; } = [];

    /// <summary>What the operator should know although nothing is held.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>What was made of each machine seen; empty at rest, when all are fine.</summary>
    public IReadOnlyList<Judged> Machines { get; init; } = [];

    /// <summary>Machines that count.</summary>
    public required int Present { get; init; }

    /// <summary>Requests of people that need no step, or can't have one.</summary>
    public IReadOnlyList<Answer> Answers { get; init; } = [];

    /// <summary>What to remember if no step is taken; effects add to it.</summary>
    public required History Next { get; init; }

    /// <summary>The preset must not be acted on at all until a person decides (G4).</summary>
    public bool IsFrozen { get; init; }

    /// <summary>Without the steps that <paramref name="drop"/> names, and a hold that says why, if there are any.</summary>
    public Plan Without(Func<Step, bool> drop, Hold hold)
    {
        Step[] kept = [.. Steps.Where(step => !drop(step))];
        return kept.Length == Steps.Count ? this : this with { Steps = kept, Held = [.. Held, hold] };
    }
}
