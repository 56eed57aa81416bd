using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;

namespace VmShepherd.Core.Drivers;

/// <summary>The instances in use: one for each <see cref="DriverReference.Key"/>, made when first asked for.</summary>
public sealed class DriverPool(DriverRegistry registry, DriverContext context) : IAsyncDisposable
{
    readonly Lock _lock = new();
    readonly Dictionary<string, object> _instances = new(StringComparer.Ordinal);

    /// <summary>What relative paths of options are relative to.</summary>
    public string BaseDirectory => context.BaseDirectory;

    /// <summary>The instance for this reference. What its constructor throws comes out as it is, and the next call tries again.</summary>
    public T Get<T>(DriverReference reference) where T : class
    {
        // Constructors run one at a time: they share the context's Random.
        lock (_lock)
        {
            if (!_instances.TryGetValue(reference.Key, out object? instance)) _instances.Add(reference.Key, instance = Create(reference));
            return (T)instance;
        }
    }

    /// <summary>
    /// Disposes what none of these references means. The caller names every reference that the present catalog or a cycle still under way uses.
    /// Every instance is disposed, whatever the others throw; then that comes out as one <see cref="AggregateException"/>.
    /// </summary>
    public async ValueTask ReleaseUnusedAsync(IEnumerable<DriverReference> inUse)
    {
        HashSet<string> kept = [.. inUse.Select(r => r.Key)];
        List<object> released = [];
        lock (_lock)
        {
            foreach (string key in _instances.Keys.Where(k => !kept.Contains(k)).ToArray())
                if (_instances.Remove(key, out object? instance)) released.Add(instance);
        }

        // Side by side: one that takes its time is not in the way of the others.
        Exception?[] failures = await Task.WhenAll(released.Select(DisposeAsync));
        if (Array.Exists(failures, failure => failure is not null)) throw new AggregateException("drivers failed while being disposed", failures.OfType<Exception>());
    }

    static async Task<Exception?> DisposeAsync(object instance)
    {
        try
        {
            if (instance is IAsyncDisposable async) await async.DisposeAsync();
            else if (instance is IDisposable disposable) disposable.Dispose();
            return null;
        }
#pragma warning disable CA1031 // A driver is anybody's code; the failure is passed on when all are disposed.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return e;
        }
    }

    public ValueTask DisposeAsync() => ReleaseUnusedAsync([]);

    object Create(DriverReference reference)
    {
        DriverDeclaration driver = registry.Find(reference.Group, reference.Name)
            ?? throw new InvalidOperationException($"no driver '{reference.Name}' in {reference.Group}");
        return driver.Create(reference.Options, context with { Log = line => context.Log($"{reference.Name}: {line}") });
    }
}
