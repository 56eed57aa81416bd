namespace Core.Tests.Simulation;

/// <summary>Between one incarnation and everything else: every call goes through here, and may be lost, late, or the caller's last.</summary>
sealed class Wire(World world, Instance instance)
{
    /// <param name="hop">Which call.</param>
    /// <param name="effect">What it does where it arrives.</param>
    /// <param name="loss">What the caller is told when request or answer are lost.</param>
    /// <param name="sent">It has left the caller.</param>
    /// <param name="failed">It never arrived.</param>
    public async Task<T> SendAsync<T>(Hop hop, Func<Task<T>> effect, Func<Exception> loss, Action? sent = null, Action? failed = null)
    {
        if (!instance.IsAlive) await Never;
        Fate fate = world.Faults.Draw(hop);
        if (fate.CrashBefore) await DieAsync(hop);
        sent?.Invoke();
        if (fate.Before > TimeSpan.Zero) await Task.Delay(fate.Before, world.Time);
        if (fate.RequestLost)
        {
            failed?.Invoke();
            if (!instance.IsAlive) await Never;
            throw loss();
        }

        T answer;
        try
        {
            answer = await effect();
        }
        catch
        {
            failed?.Invoke();
            if (!instance.IsAlive) await Never;
            throw;
        }

        if (fate.CrashAfter) await DieAsync(hop);
        if (fate.After > TimeSpan.Zero) await Task.Delay(fate.After, world.Time);
        if (!instance.IsAlive) await Never;
        return fate.AnswerLost ? throw loss() : answer;
    }

    async Task DieAsync(Hop hop)
    {
        world.Kill(instance, $"at {hop}");
        await Never;
    }

    /// <summary>What a dead process gets to hear.</summary>
    static Task Never => new TaskCompletionSource().Task;
}
