using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>Servers as one reading showed them.</summary>
/// <param name="Servers">Of all names that were asked for, and perhaps of others.</param>
/// <param name="Now">The cloud's time.</param>
sealed record Listing(IReadOnlyCollection<Vm> Servers, DateTimeOffset Now)
{
    public IReadOnlyList<Vm> Of(IReadOnlySet<string> names, TimeSpan grace) => [.. Servers.Where(vm => names.Contains(vm.Name)).Select(vm => ServerStates.Announced(vm, Now, grace))];
}

/// <summary>
/// Driver instances of one login that ask for lists side by side get them of one reading. Who asks while nothing is read begins at once. Who asks during a reading
/// may not have that one, for it began too early: he waits for the next, with all who come meanwhile, until the reading is over or a second has passed.
/// </summary>
sealed class JoinedLists(Func<IReadOnlySet<string>, CancellationToken, Task<Listing>> read, TimeProvider time)
{
    /// <summary>A project of many pages takes longer to read than its callers can wait twice.</summary>
    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(1);

    readonly Lock _gate = new();
    Reading? _next;
    Task _latest = Task.CompletedTask;

    /// <summary>A list that is begun now or later.</summary>
    public async Task<Listing> ListAsync(IReadOnlySet<string> names, CancellationToken cancellationToken)
    {
        Reading reading;
        Task before;
        bool isFirst;
        lock (_gate)
        {
            isFirst = _next is null;
            reading = _next ??= new Reading();
            reading.Join(names);
            before = _latest;
        }

        if (isFirst) _ = BeginAsync(reading, before);
        try
        {
            return await reading.Result.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            bool isGivenUp;
            lock (_gate)
            {
                isGivenUp = reading.Leave();

                // Nobody may join it any more.
                if (isGivenUp && ReferenceEquals(_next, reading)) _next = null;
            }

            if (isGivenUp) reading.GiveUp();
        }
    }

    async Task BeginAsync(Reading reading, Task before)
    {
        if (!before.IsCompleted) await before.WaitAsync(LongestWait, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            if (ReferenceEquals(_next, reading)) _next = null;
            _latest = reading.Result;
        }

        await reading.RunAsync(read).ConfigureAwait(false);
    }

    /// <summary>One reading, and who waits for it. When the last one has gone, it is given up.</summary>
    sealed class Reading
    {
        readonly HashSet<string> _names = new(StringComparer.Ordinal);
        readonly CancellationTokenSource _abandoned = new();
        readonly TaskCompletionSource<Listing> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
        int _waiting;

        public Task<Listing> Result => _result.Task;

        public void Join(IReadOnlySet<string> names)
        {
            _waiting++;
            _names.UnionWith(names);
        }

        /// <returns>Whether nobody is left.</returns>
        public bool Leave() => --_waiting == 0;

        /// <summary>Ends it, unless it is over.</summary>
        public void GiveUp() => _abandoned.Cancel();

        public async Task RunAsync(Func<IReadOnlySet<string>, CancellationToken, Task<Listing>> read)
        {
            Task<Listing> reading = read(_names, _abandoned.Token);
            await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _result.SetFromTask(reading);
        }
    }
}
