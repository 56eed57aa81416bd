namespace VmShepherd.Abstractions;

/// <summary>What the IaaS says of a machine. Ill health is not here: it is the shepherd's own judgement.</summary>
public enum VmState
{
    /// <summary>Asked for, not running yet (a build, a rebuild).</summary>
    Pending,

    /// <summary>Running, as far as the IaaS knows.</summary>
    Running,

    /// <summary>Runs, but the IaaS will end it soon. Not counted, so that its successor starts early.</summary>
    NearbyShutdown,

    /// <summary>Should have been ended by the IaaS already. Dead.</summary>
    AfterTimeShutdown,

    /// <summary>Stopped, deleted, suspended: no longer serving and not coming back by itself. Dead.</summary>
    Terminated,

    /// <summary>The IaaS gave up on it. Dead.</summary>
    Error,

    /// <summary>Anything else. Present, and not touched.</summary>
    Unknown,
}
