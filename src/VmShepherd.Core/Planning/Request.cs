using System.Text.Json.Serialization;
using VmShepherd.Core.Configuration;

namespace VmShepherd.Core.Planning;

/// <summary>What a person asked for, as it waits in the store for whoever holds the preset. The next decision sees it; it acts by no other way.</summary>
/// <param name="Id">By which the asker finds the answer.</param>
/// <param name="By">Who asked: a token's name, or where the call came from.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "do")]
[JsonDerivedType(typeof(Terminate), "terminate")]
[JsonDerivedType(typeof(AcceptScope), "accept_scope")]
[JsonDerivedType(typeof(Confirm), "confirm")]
[JsonDerivedType(typeof(Manage), "manage")]
[JsonDerivedType(typeof(Pause), "pause")]
[JsonDerivedType(typeof(Resume), "resume")]
public abstract record Request(string Id, string By)
{
    /// <summary>End one machine.</summary>
    public sealed record Terminate(string Id, string By, string Vm) : Request(Id, By);

    /// <summary>The scope that is logged in to now is the right one (G4).</summary>
    public sealed record AcceptScope(string Id, string By) : Request(Id, By);

    /// <summary>What the source says now is meant (G17).</summary>
    public sealed record Confirm(string Id, string By) : Request(Id, By)
    {
        /// <summary>What the asked instance saw, and the asker meant; null = whatever is seen. Another instance, which may see something else, must not take it for its own.</summary>
        public PresetVersion? Version { get; init; }

        internal bool Means(PresetVersion seen) => Version is null || seen.Says(Version);
    }

    /// <summary>Only look, now.</summary>
    public sealed record Manage(string Id, string By) : Request(Id, By);

    /// <summary>Look and check, but create and end nothing until somebody says <see cref="Resume"/> (G20).</summary>
    /// <param name="Id">By which the asker finds the answer.</param>
    /// <param name="By">Who asked.</param>
    /// <param name="Reason">Why, for those who find it paused; null = not said.</param>
    public sealed record Pause(string Id, string By, string? Reason) : Request(Id, By);

    /// <summary>The pause is over (G20).</summary>
    public sealed record Resume(string Id, string By) : Request(Id, By);
}
