namespace VmShepherd.Abstractions;

/// <summary>Leases and memory, and the only place where instances meet.</summary>
/// <remarks>
/// The <em>store's</em> clock decides what is due and what has run out; the callers' clocks play no part.
/// What a document means is the core's affair. A store out of reach is any exception; nothing is retried here.
/// Members may be called side by side, by any number of instances.
/// </remarks>
public interface IRuntimeDriver : IAsyncDisposable
{
    /// <summary>Whether instances in other processes may meet here. Then they may see different versions of a preset, and the core lets none act by an older one.</summary>
    bool IsShared => true;

    /// <summary>
    /// Up to <see cref="ClaimRequest.Max"/> of the named presets that are due and free, longest due first. A preset never heard of is due.
    /// A lease that ran out is free. A store that is shared MUST keep to <see cref="ClaimRequest.Courtesy"/>. MUST give each claim a higher token than all before it. Contention is not an error: the answer is shorter.
    /// </summary>
    Task<IReadOnlyList<PresetLease>> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken);

    /// <summary>Stores state while holding. MUST change nothing and answer false when the lease has run out or its token is not the newest.</summary>
    /// <param name="lease">As it was claimed.</param>
    /// <param name="state">The new document.</param>
    /// <param name="acted">True = creates or terminates are about to be sent: <see cref="PresetLease.SinceActed"/> starts again.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<bool> SaveAsync(PresetLease lease, ReadOnlyMemory<byte> state, bool acted, CancellationToken cancellationToken);

    /// <summary>
    /// Stores state (<see langword="null"/> = unchanged), consumes the oldest requests, as many as are in the lease that is given, sets when the preset is due again, gives the lease back:
    /// all or nothing. MUST change nothing and answer false when the lease has run out or its token is not the newest.
    /// A request that came in meanwhile MUST make the preset due at once.
    /// </summary>
    /// <remarks>Callers beware: a null <c>byte[]</c> converts to an <em>empty document</em>, not to "unchanged". Pass a <c>ReadOnlyMemory&lt;byte&gt;?</c>.</remarks>
    Task<bool> CompleteAsync(PresetLease lease, ReadOnlyMemory<byte>? state, TimeSpan dueIn, CancellationToken cancellationToken);

    /// <summary>Prolongs leases to <paramref name="lease"/> from now; one answer for each, false = it has run out or its token is not the newest.</summary>
    Task<IReadOnlyList<bool>> RenewAsync(IReadOnlyList<PresetLease> leases, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>The latest stored documents of these presets, without a lease; a preset without one is left out.</summary>
    Task<IReadOnlyDictionary<string, VersionedDocument>> ReadAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken);

    /// <summary>Leaves a request for whoever holds or next claims the preset, and makes it due at once if it is free. MUST keep the order; MUST hold at least 100 a preset, and throw rather than drop one.</summary>
    Task RequestAsync(string preset, string request, CancellationToken cancellationToken);

    /// <summary>Drops what is kept of presets that were released. A later claim of the same name MUST still get a higher token.</summary>
    Task ForgetAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken);
}
