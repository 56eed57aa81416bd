namespace Core.Tests.Simulation;

/// <summary>What may happen in a storm beside what happens to single calls (<see cref="Faults"/>).</summary>
enum Mischief
{
    /// <summary>A machine stops.</summary>
    Die,

    /// <summary>The IaaS gives up on a machine.</summary>
    Error,

    /// <summary>A machine's guest falls silent.</summary>
    Hang,

    /// <summary>Half of a preset's machines, at least, die at one moment.</summary>
    MassDeath,

    /// <summary>A whole preset falls ill (a bad deployment).</summary>
    MassIllness,

    /// <summary>A machine that was dead runs again by itself.</summary>
    Revive,

    /// <summary>Another installation makes a machine of the same name.</summary>
    Foreign,

    /// <summary>A person makes a machine of the same name: it is adopted.</summary>
    Adopted,

    /// <summary>The IaaS announces to shut a machine down, and does.</summary>
    TimedShutdown,

    /// <summary>The IaaS tells only a part of a machine for a while, or a state that nobody knows.</summary>
    Obscure,

    /// <summary>Somebody deletes a machine behind the shepherd's back.</summary>
    DeletedByHand,

    /// <summary>A person asks for a machine's end.</summary>
    Requested,

    /// <summary>Health checks fail for machines that are well.</summary>
    Lies,

    /// <summary>All checks of one instance fail or can't be judged: its own network is gone.</summary>
    CutOff,

    /// <summary>Checks take until their driver's time is up.</summary>
    SlowChecks,

    /// <summary>Logged in to another project, where there is nothing.</summary>
    WrongScope,

    /// <summary>The IaaS is down.</summary>
    CloudDown,

    /// <summary>The IaaS asks to slow down.</summary>
    Throttled,

    /// <summary>Credentials are refused for a while.</summary>
    Unauthorized,

    /// <summary>No quota for further machines.</summary>
    Quota,

    /// <summary>The image is gone for a while.</summary>
    Rejected,

    /// <summary>New machines never get beyond pending.</summary>
    StuckBuilds,

    /// <summary>New machines die at once.</summary>
    BadImage,

    /// <summary>The store is out of reach.</summary>
    StoreDown,

    /// <summary>A process is killed, at any moment.</summary>
    Kill,

    /// <summary>A process is asked to stop and is started again.</summary>
    Stop,

    /// <summary>A preset's source vanishes, and comes back some time later.</summary>
    Release,

    /// <summary>The owner wants more or fewer machines.</summary>
    Count,
}
