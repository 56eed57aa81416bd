namespace VmShepherd.Drivers.Iaas.OpenStack.Calls;

/// <summary>How long a call of one login may take to be answered: the longest <c>http_timeout</c> that anybody asks for who shares it, for as long as he is there.</summary>
sealed class Patience
{
    readonly Lock _gate = new();
    readonly List<TimeSpan> _asked = [];
    TimeSpan _last;

    public TimeSpan Longest
    {
        get
        {
            lock (_gate) return _asked.Count > 0 ? _asked.Max() : _last;
        }
    }

    /// <summary>Asks for one, until the answer is disposed.</summary>
    public IDisposable Join(TimeSpan httpTimeout)
    {
        lock (_gate) _asked.Add(httpTimeout);
        return new Membership(this, httpTimeout);
    }

    void Leave(TimeSpan httpTimeout)
    {
        lock (_gate)
        {
            _asked.Remove(httpTimeout);

            // For calls that are still under way when everybody has gone.
            _last = httpTimeout;
        }
    }

    sealed class Membership(Patience patience, TimeSpan httpTimeout) : IDisposable
    {
        int _isOver;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isOver, 1) == 0) patience.Leave(httpTimeout);
        }
    }
}
