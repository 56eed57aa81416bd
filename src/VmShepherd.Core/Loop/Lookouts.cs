using VmShepherd.Core.Configuration;
using VmShepherd.Core.Status;

namespace VmShepherd.Core.Loop;

/// <summary>Which lanes the store does not answer, and the <see cref="Lookout"/> of each.</summary>
sealed class Lookouts(LookoutTools tools)
{
    readonly Lock _gate = new();
    readonly Dictionary<string, Lookout> _byLane = new(StringComparer.Ordinal);
    readonly List<Lookout> _ending = [];
    IReadOnlyList<Lane> _inForce = [];
    bool _isOpen;

    /// <summary>Why the store can't be reached; null = it answers.</summary>
    public string? Problem
    {
        get
        {
            lock (_gate) return _byLane.Values.FirstOrDefault()?.Why;
        }
    }

    /// <summary>Driver instances that are still looked with.</summary>
    public IReadOnlyList<DriverReference> Drivers
    {
        get
        {
            lock (_gate) return [.. _byLane.Values.Concat(_ending).Where(lookout => !lookout.Looking.IsCompleted).SelectMany(lookout => lookout.Lane.Drivers)];
        }
    }

    /// <summary>From now on lanes are looked after while the store is away; before, that it is away is only known.</summary>
    public void Open()
    {
        lock (_gate) _isOpen = true;
    }

    /// <summary>Ends every lookout, and begins no other.</summary>
    public Task CloseAsync()
    {
        lock (_gate)
        {
            _isOpen = false;
            foreach (Lookout lookout in _byLane.Values.ToArray()) End(lookout);
            return Task.WhenAll(_ending.Select(lookout => lookout.Looking));
        }
    }

    /// <summary>How a claim of this lane ended; null = the store has answered.</summary>
    public void Claimed(Lane lane, Exception? failure)
    {
        lock (_gate)
        {
            if (!_inForce.Contains(lane)) return; // the last claim of a lane that another has replaced: its presets may be nobody's any more
            switch (_byLane.GetValueOrDefault(lane.Key), failure)
            {
                case (null, null):
                    break;
                case (null, { } e):
                    if (_isOpen) Log.OnlyLooking(tools.Log, lane.Names.Count);
                    Begin(lane, Words(e));
                    break;
                case ({ } lookout, null):
                    if (_isOpen) Log.StoreAnswers(tools.Log, lane.Names.Count);
                    End(lookout);
                    break;
                case ({ } lookout, { } e):
                    lookout.Why = Words(e);
                    break;
            }
        }
    }

    /// <summary>These lanes are in force now: what began for an earlier one goes on for that which took its place.</summary>
    public void Adopt(IReadOnlyList<Lane> lanes)
    {
        lock (_gate)
        {
            _inForce = lanes;
            foreach (Lookout old in _byLane.Values.Where(lookout => !lanes.Contains(lookout.Lane)).ToArray())
            {
                End(old);
                if (lanes.FirstOrDefault(lane => lane.Key == old.Lane.Key) is { } next) Begin(next, old.Why);
            }
        }
    }

    static string Words(Exception failure) => $"{failure.GetType().Name}: {failure.Message}";

    void Begin(Lane lane, string why)
    {
        Lookout lookout = _byLane[lane.Key] = new Lookout(lane, why, tools);
        if (_isOpen) lookout.Begin();
    }

    void End(Lookout lookout)
    {
        _byLane.Remove(lookout.Lane.Key);
        _ending.RemoveAll(ended => ended.Looking.IsCompleted);
        _ending.Add(lookout);
        lookout.End();
    }
}
