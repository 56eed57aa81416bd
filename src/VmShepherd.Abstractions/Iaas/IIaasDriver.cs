namespace VmShepherd.Abstractions;

/// <summary>The one thing VmShepherd asks of a cloud: list, look up, create, end.</summary>
/// <remarks>
/// Not here, on purpose: retries of creates, counting, health, caching, logging of outcomes. The core does those once for every driver.
/// Failures leave a driver only as <see cref="IaasException"/>; cancellation as <see cref="OperationCanceledException"/>.
/// Members may be called side by side. A call that is cancelled may or may not have had its effect.
/// A driver that holds connections implements <see cref="IAsyncDisposable"/>; it is disposed after its last cycle.
/// </remarks>
public interface IIaasDriver
{
    /// <summary>How long after a create's answer, or its loss, the list may lack the machine. MUST NOT shrink while the instance lives.</summary>
    TimeSpan VisibilityGrace { get; }

    /// <summary>Where we are logged in: cloud, project id, region. MUST be stable: another scope than the stored one freezes a preset.</summary>
    Task<string> GetScopeAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Every machine of these presets, in any state. MUST compare names exactly, by itself, rather than trust a server's filter;
    /// a list that is not complete MUST throw: a short list reads as "create more".
    /// </summary>
    /// <param name="presets">Names of presets; a machine belongs to the preset whose name it has.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<IReadOnlyList<Vm>> ListAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken);

    /// <summary>One machine, or <see langword="null"/> when the IaaS does not know it. MUST throw when the IaaS could not tell.</summary>
    Task<Vm?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// Asks for one machine, never waits for it to run, answers its id. MUST carry <see cref="VmRequest.Metadata"/> into the machine.
    /// MUST NOT send the request twice unless the IaaS has an idempotency token.
    /// </summary>
    Task<string> CreateAsync(VmRequest request, CancellationToken cancellationToken);

    /// <summary>Asks for the end of one machine; returns when the IaaS has accepted. MUST succeed when it is already gone.</summary>
    Task TerminateAsync(VmTermination termination, CancellationToken cancellationToken);
}
