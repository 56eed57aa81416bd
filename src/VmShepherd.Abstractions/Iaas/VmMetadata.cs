namespace VmShepherd.Abstractions;

/// <summary>The marks that the shepherd leaves on each machine it creates. Public: scripts and dashboards read them.</summary>
public static class VmMetadata
{
    /// <summary>Which installation created it. A machine marked by another installation is neither counted nor ended.</summary>
    public const string Installation = "vmshepherd_installation";

    /// <summary>The preset it was created for.</summary>
    public const string Preset = "vmshepherd_preset";

    /// <summary>The intent that was saved before the create was sent. By it a create with a lost answer is recognised.</summary>
    public const string Intent = "vmshepherd_intent";

    /// <summary>A hash of the specification it was created by.</summary>
    public const string Spec = "vmshepherd_spec";

    /// <summary>The lease token (<see cref="LeaseToken.ToString"/>) under which it was created.</summary>
    public const string Token = "vmshepherd_token";
}
