namespace VmShepherd.Abstractions;

/// <summary>Which machine to end, and for whom: an IaaS that keeps an audit log can tell.</summary>
/// <param name="Id">The machine's id.</param>
/// <param name="Preset">The preset on whose behalf it is ended.</param>
/// <param name="Token">The lease token under which it is ended, as <see cref="LeaseToken.ToString"/> writes it.</param>
public sealed record VmTermination(string Id, string Preset, string Token)
{
    /// <summary>As <see cref="VmRequest.SendBefore"/>.</summary>
    public long? SendBefore { get; init; }
}
