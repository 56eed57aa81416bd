namespace VmShepherd.Drivers.Iaas.OpenStack;

/// <summary>One value for each key, made for the first who asks and given up with the last.</summary>
sealed class Shared<TKey, TValue> where TKey : notnull where TValue : class
{
    readonly Lock _gate = new();
    readonly Dictionary<TKey, (TValue Value, int Users)> _values = [];

    public Use Rent(TKey key, Func<TValue> make)
    {
        lock (_gate)
        {
            (TValue value, int users) = _values.TryGetValue(key, out (TValue, int) known) ? known : (make(), 0);
            _values[key] = (value, users + 1);
            return new Use(this, key, value);
        }
    }

    void Return(TKey key)
    {
        lock (_gate)
        {
            (TValue value, int users) = _values[key];
            if (users > 1)
            {
                _values[key] = (value, users - 1);
                return;
            }

            _values.Remove(key);
            (value as IDisposable)?.Dispose();
        }
    }

    internal sealed class Use(Shared<TKey, TValue> owner, TKey key, TValue value) : IDisposable
    {
        int _isReturned;

        public TValue Value => value;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isReturned, 1) == 0) owner.Return(key);
        }
    }
}
