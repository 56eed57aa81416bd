namespace VmShepherd.Abstractions;

/// <summary>
/// A runtime driver that keeps the latest report of each preset implements this: then every instance can show every preset, and what was known before a crash is shown after it.
/// Without it each instance shows what it has seen itself. What a report says is the core's affair.
/// </summary>
public interface IReportStore
{
    /// <summary>Keeps each in place of an earlier one of its preset. MUST leave what was kept under a newer token as it is.</summary>
    /// <param name="reports">Each preset at most once.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task KeepReportsAsync(IReadOnlyCollection<PresetReport> reports, CancellationToken cancellationToken);

    /// <summary>
    /// Reports that were kept after those of an earlier page, the earliest first, whoever kept them; of a preset that was kept again meanwhile the latest only. MUST leave none out, also of
    /// those that are being kept at this moment: they come with a later page. After a failover, which may have lost some, MUST begin again
    /// with the first and say so by <see cref="ReportPage.IsAnew"/>.
    /// </summary>
    /// <param name="after"><see cref="ReportPage.Position"/> of the page before; <see langword="null"/> = from the first.</param>
    /// <param name="max">How many at the most; at least 1.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<ReportPage> ReadReportsAsync(string? after, int max, CancellationToken cancellationToken);
}

/// <summary>What an instance has to say of a preset. To the runtime driver it is bytes.</summary>
/// <param name="Preset">The preset's name.</param>
/// <param name="Token">Of the cycle that it is of.</param>
/// <param name="Content">The bytes as they were given.</param>
/// <param name="Age">By the store's clock, since it was kept; zero when it is yet to be.</param>
public sealed record PresetReport(string Preset, LeaseToken Token, ReadOnlyMemory<byte> Content, TimeSpan Age = default);

/// <param name="Reports">Fewer than asked for = there are no more for now.</param>
/// <param name="Position">Where the next page begins. Opaque.</param>
public sealed record ReportPage(IReadOnlyList<PresetReport> Reports, string Position)
{
    /// <summary>The position that was asked for is of a history that the store has no more: this is the first page again, and what was kept last may be lost. Whoever kept it keeps it again.</summary>
    public bool IsAnew { get; init; }
}
