namespace VmShepherd.Core.Loop;

/// <summary>
/// How many presets of a lane are managed at once: as many as end well within their lease. What is claimed beyond that is kept from instances that have time for it, and loses its lease
/// before it may act. Half as many when a run took more than a third of the lease, one more for each that did not.
/// </summary>
sealed class LaneRoom(TimeProvider time, TimeSpan lease)
{
    const int Most = 200;

    /// <summary>Runs that wait for one slow list are late together, however few they are: to claim ever fewer of them would only ask for more lists.</summary>
    const int Least = 50;

    /// <summary>The knee of what a store does well: larger batches are no cheaper.</summary>
    const int LargestBatch = 100;

    readonly Lock _gate = new();
    int _limit = Most;
    long _cutAt = time.GetTimestamp();

    /// <summary>Managed at once.</summary>
    public int Limit => Volatile.Read(ref _limit);

    /// <summary>Claimed at once.</summary>
    public int Batch => Math.Min(Limit / 2, LargestBatch);

    /// <param name="claimSentAt">Of the run that ends now.</param>
    public void Ended(long claimSentAt)
    {
        bool isLate = time.GetElapsedTime(claimSentAt) > lease / 3;
        lock (_gate)
        {
            if (!isLate) _limit = Math.Min(_limit + 1, Most);

            // Those that were begun under the old limit are late together: once is enough.
            else if (claimSentAt >= _cutAt) (_limit, _cutAt) = (Math.Max(_limit / 2, Least), time.GetTimestamp());
        }
    }
}
