namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>
/// Driver instances of one login that ask for lists side by side get them of one reading. Who asks while nothing is read begins at once. Who asks during a reading
/// may not have that one, for it began too early: he waits for the next, with all who come meanwhile, until the reading is over or the longest wait has passed.
/// </summary>
sealed class JoinedLists(Func<IReadOnlySet<string>, CancellationToken, Task<Listing>> read, TimeSpan longestWait, TimeProvider time)
{
    readonly Lock _gate = new();
    Reading? _next;
    Task _latest = Task.CompletedTask;

    /// <summary>Whether a reading is under way, or about to begin.</summary>
    public bool IsBusy
    {
        get
        {
            lock (_gate) return _next is not null || !_latest.IsCompleted;
        }
    }

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
        if (!before.IsCompleted) await before.WaitAsync(longestWait, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            if (reading.IsGivenUp) return;
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

        public bool IsGivenUp => _waiting == 0;

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
