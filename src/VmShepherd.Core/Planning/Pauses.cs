namespace VmShepherd.Core.Planning;

/// <summary>G20, where it needs memory: who paused a preset, and that it goes on. In force as soon as it is stored, whether the machines can be looked at or not.</summary>
static class Pauses
{
    /// <summary>The memory, with what people said of pauses in it; the last word counts.</summary>
    internal static History Weigh(History past, IReadOnlyList<Request> requests, DateTimeOffset now)
    {
        foreach (Request request in requests)
        {
            past = request switch
            {
                Request.Pause pause => past with { Paused = new Paused(past.Paused is { ResumedAt: null } running ? running.Since : now, pause.By, pause.Reason) },
                Request.Resume when past.Paused is { ResumedAt: null } paused => JudgedAnew(past) with { Paused = paused with { ResumedAt = now } },
                _ => past,
            };
        }

        return past;
    }

    /// <summary>
    /// What failed, or took long, while people worked on the machines says nothing of the time after: else the first look after a maintenance would end all that
    /// have not quite come back. Each has its whole delay again.
    /// </summary>
    static History JudgedAnew(History past) => past with
    {
        Machines = [.. past.Machines.Select(machine => machine with { Failures = null, PendingSince = null })],
    };
}
