namespace VmShepherd.Abstractions;

/// <summary>Asks one machine whether it serves.</summary>
/// <remarks>
/// Not here, on purpose: thresholds, delays, the number in flight, the decision to end a machine.
/// Members may be called side by side, thousands at a time.
/// </remarks>
public interface IHealthcheckDriver
{
    /// <summary>
    /// One check of one machine. MUST be bounded in time (from when it starts, not from when it was asked for) and in bytes, MUST follow no redirect,
    /// MUST NOT throw but for cancellation: what can't be judged is <see cref="Verdict.Unknown"/>.
    /// </summary>
    ValueTask<Verdict> CheckAsync(Vm vm, CancellationToken cancellationToken);
}
