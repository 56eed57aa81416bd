using Microsoft.Extensions.Logging;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Status;

namespace VmShepherd.Core.Loop;

/// <summary>
/// One lane while its store is out of reach: nothing may be created or ended, but presets that this instance managed last, and those that nobody is known to manage, are listed
/// and checked at their intervals, by our own clock. Nothing of it is remembered, written or sent.
/// </summary>
/// <param name="lane">Whose presets.</param>
/// <param name="why">What the store said.</param>
/// <param name="tools">What to look with.</param>
sealed class Lookout(Lane lane, string why, LookoutTools tools)
{
    /// <summary>Presets looked at side by side.</summary>
    const int MaxInFlight = 200;

    /// <summary>How often it is seen what is due. Not before one of these: a store that only hiccups changes nothing.</summary>
    static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    readonly CancellationTokenSource _over = new();

    public Lane Lane { get; } = lane;

    /// <summary>What the store said last.</summary>
    public string Why { get; set; } = why;

    /// <summary>Completes when nothing is looked at any more.</summary>
    public Task Looking { get; private set; } = Task.CompletedTask;

    public void Begin() => Looking = RunAsync(_over.Token);

    /// <summary>Once: the store answers, or nobody wants to know any more.</summary>
    public void End() => _over.Cancel();

    async Task RunAsync(CancellationToken over)
    {
        PriorityQueue<Preset, DateTimeOffset> due = Due();
        List<Task<(Preset Preset, DateTimeOffset DueAt)>> looks = [];
        while (true)
        {
            Task next = looks.Count < MaxInFlight ? Task.Delay(Poll, tools.Clock.Time, over) : Task.WhenAny(looks).WaitAsync(over);
            await next.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            if (over.IsCancellationRequested) break;

            foreach (var look in looks.Where(look => look.IsCompleted)) due.Enqueue((await look).Preset, (await look).DueAt);
            looks.RemoveAll(look => look.IsCompleted);
            while (looks.Count < MaxInFlight && due.TryPeek(out Preset? preset, out DateTimeOffset dueAt) && dueAt <= tools.Clock.Now)
            {
                due.Dequeue();
                looks.Add(LookAsync(preset, over));
            }
        }

        await Task.WhenAll(looks);
    }

    /// <summary>Who manages a preset cannot change while the store is away: what another instance managed last is left to it.</summary>
    PriorityQueue<Preset, DateTimeOffset> Due()
    {
        PriorityQueue<Preset, DateTimeOffset> due = new();
        foreach (Preset preset in Lane.Presets.Values)
        {
            CycleReport? last = tools.Board.Find(preset.Name);
            if (last is null || last.Instance == tools.Instance) due.Enqueue(preset, last is null ? tools.Clock.Now : last.Started + last.Took + preset.ManageInterval);
        }

        return due;
    }

    /// <summary>Never throws: a preset that can't be looked at must not take the others along.</summary>
    async Task<(Preset Preset, DateTimeOffset DueAt)> LookAsync(Preset preset, CancellationToken over)
    {
        TimeSpan interval = preset.ManageInterval;
        try
        {
            CycleInput input = tools.Input(Lane, preset);
            interval = input.Interval;
            (CycleReport report, bool isBlind) = await tools.Cycle.LookOnlyAsync(input, $"the store is out of reach ({Why}): looked at and checked only, nothing is created or ended", over);
            if (!over.IsCancellationRequested) tools.Board.Post(report, isBlind);
        }
        catch (Exception e)
        {
            // Cancelled: the store answers, and the next cycle has more to say.
            if (!over.IsCancellationRequested) Log.DriverFailed(tools.Log, preset.Iaas.Name, e.Message);
        }

        return (preset, tools.Clock.Now + interval);
    }
}

/// <param name="Instance">Who looks.</param>
/// <param name="Cycle">How.</param>
/// <param name="Board">Where what was seen is posted.</param>
/// <param name="Input">What a preset is looked at with; throws when its drivers can't be made.</param>
/// <param name="Clock">By which presets are due.</param>
/// <param name="Log">For the loop's lines.</param>
sealed record LookoutTools(string Instance, PresetCycle Cycle, StatusBoard Board, Func<Lane, Preset, CycleInput> Input, SteadyClock Clock, ILogger Log);
