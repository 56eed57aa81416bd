using System.Globalization;
using StreamJsonRpc;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Programs;

/// <summary>Calls into a program: starts it when it is first needed and again when it has ended, waits for no answer longer than its deadline, and ends what hangs.</summary>
sealed class ProgramChannel(ProgramDescription program, IReadOnlyDictionary<string, object?> options, DriverContext context) : IAsyncDisposable
{
    /// <summary>Whoever misses its deadline may still answer for so long; then it hangs, and is ended.</summary>
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);

    /// <summary>Whoever lived so long is started again at once.</summary>
    static readonly TimeSpan GoodLife = TimeSpan.FromSeconds(60);

    readonly SemaphoreSlim _turns = new(program.Parallel);
    readonly ProgramLog _log = new(context.Log, context.Time);
    readonly Lock _lock = new();
    /// <summary>Until its end has been noted.</summary>
    Task<ProgramProcess>? _running;
    /// <summary>The last that was started, perhaps not initialized yet.</summary>
    ProgramProcess? _process;
    readonly ProgramStarter _starter = new();
    int _badLives;
    long _endedAt;
    TimeSpan _pause;
    string _lastEnd = "";
    bool _isDisposed;

    /// <summary>One call. Waits for its turn, no longer than the deadline; that begins anew when the call is sent.</summary>
    /// <param name="method">Of the protocol.</param>
    /// <param name="parameters">By their names.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <param name="sendBefore">As <see cref="VmRequest.SendBefore"/>.</param>
    /// <exception cref="ProgramException">There is no answer.</exception>
    public async Task<T> CallAsync<T>(string method, IReadOnlyDictionary<string, object?> parameters, CancellationToken cancellationToken, long? sendBefore = null)
    {
        await TurnAsync(method, cancellationToken).ConfigureAwait(false);
        Task<T>? call = null;
        try
        {
            ProgramProcess process = await RunningAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
            TimelyContent.ThrowIfLate(method, context.Time, sendBefore);
            call = process.InvokeAsync<T>(method, parameters, cancellationToken);
            return await AnswerAsync(process, call, method, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // A call that nobody waits for any longer keeps its turn until the program has done with it.
            if (call is null || call.IsCompleted) _turns.Release();
            else _ = call.ContinueWith(_ => _turns.Release(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task<ProgramProcess>? running;
        lock (_lock) (_isDisposed, running) = (true, _running);
        if (running is not null) await EndAsync(running).ConfigureAwait(false);
        _starter.Dispose();
    }

    async Task EndAsync(Task<ProgramProcess> running)
    {
        await ((Task)running).WaitAsync(Grace, context.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        ProgramProcess? process;
        lock (_lock) process = _process;
        if (process is null) return;
        if (!running.IsCompleted) process.End("it is not used any more, and hung in 'initialize'");
        await process.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>A timestamp of ours as the program's own clock shows it: seconds of the system's monotonic clock.</summary>
    public double? SystemSeconds(long? timestamp) => (double?)timestamp / context.Time.TimestampFrequency;

    /// <summary>Whoever gives up leaves the queue, so that it never grows beyond those who still wait.</summary>
    async Task TurnAsync(string method, CancellationToken cancellationToken)
    {
        if (_turns.Wait(TimeSpan.Zero, cancellationToken)) return;
        using var patience = new CancellationTokenSource(program.Deadline, context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            await _turns.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ProgramException($"{Named(method)}: not its turn within {program.Deadline.TotalSeconds} s: the program takes {program.Parallel} at once, and has as many", wasSent: false);
        }
    }

    /// <summary>The answer in time. Whoever stops waiting leaves somebody behind who ends a program that hangs.</summary>
    async Task<T> AnswerAsync<T>(ProgramProcess process, Task<T> call, string method, CancellationToken cancellationToken)
    {
        try
        {
            return await call.WaitAsync(program.Deadline, context.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException) when (!call.IsCompleted)
        {
            _ = EndIfHangingAsync(process, call, method, Grace);
            throw new ProgramException($"{Named(method)}: no answer within {program.Deadline.TotalSeconds} s", wasSent: true);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            if (!call.IsCompleted) _ = EndIfHangingAsync(process, call, method, program.Deadline + Grace);
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception lost) when (lost is ConnectionLostException or ObjectDisposedException or IOException)
        {
            process.End(null);
            throw new ProgramException($"{Named(method)}: {await process.Ended.ConfigureAwait(false)}", wasSent: true, lost);
        }
        catch (RemoteInvocationException refused)
        {
            throw new ProgramException($"{Named(method)}: {OneLine(refused.Message)}", wasSent: true, refused) { Failure = refused.DeserializedErrorData as ProgramFailure };
        }
        catch (Exception strange) when (strange is System.Text.Json.JsonException or InvalidOperationException or NotSupportedException or OperationCanceledException)
        {
            throw new ProgramException($"{Named(method)}: an answer that does not fit ({OneLine(strange.Message)})", wasSent: true, strange);
        }
    }

    async Task EndIfHangingAsync(ProgramProcess process, Task call, string method, TimeSpan patience)
    {
        await call.WaitAsync(patience, context.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!call.IsCompleted) process.End($"it hung in '{method}'");
    }

    /// <summary>The program, started if it is not running.</summary>
    Task<ProgramProcess> RunningAsync()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_running is { IsCompletedSuccessfully: true, Result.IsAlive: false }) throw new ProgramException($"{program.Driver}: the program is ending", wasSent: false);
            if (_running is not null) return _running;
            TimeSpan left = _pause - context.Time.GetElapsedTime(_endedAt);
            if (left > TimeSpan.Zero)
                throw new ProgramException(string.Create(CultureInfo.InvariantCulture, $"{program.Driver}: the program is not running ({_lastEnd}); it may be started again in {left.TotalSeconds:0.#} s"), wasSent: false);
            return _running = StartAsync();
        }
    }

    async Task<ProgramProcess> StartAsync()
    {
        // Not under the lock of whoever asked.
        await Task.Yield();
        long began = context.Time.GetTimestamp();
        ProgramProcess process;
        try
        {
            process = await ProgramProcess.StartAsync(_starter, program, _log, context.Time).ConfigureAwait(false);
        }
        catch (Exception failed)
        {
            NoteEnd(failed.Message, TimeSpan.Zero);
            throw failed as ProgramException ?? new ProgramException($"{program.Driver}: the program can't be started: {failed.Message}", wasSent: false, failed);
        }
        bool isTooLate;
        lock (_lock) (_process, isTooLate) = (process, _isDisposed);
        _ = NoteEndAsync(process, began);
        if (isTooLate) process.End("it is not used any more");
        await InitializeAsync(process).ConfigureAwait(false);
        return process;
    }

    async Task InitializeAsync(ProgramProcess process)
    {
        var parameters = new Dictionary<string, object?>
        {
            ["protocol"] = Wire.Protocol,
            ["group"] = program.Group,
            ["driver"] = program.Driver,
            ["options"] = options,
            ["base_directory"] = context.BaseDirectory,
        };
        try
        {
            Initialized answer = await AnswerAsync(process, process.InvokeAsync<Initialized>("initialize", parameters, CancellationToken.None), "initialize", CancellationToken.None).ConfigureAwait(false);
            if (answer?.Protocol != Wire.Protocol)
                throw new ProgramException($"{program.Driver}: the program speaks version {answer?.Protocol ?? 0} of the protocol, this VmShepherd speaks {Wire.Protocol}", wasSent: true);
        }
        catch (Exception failed)
        {
            // Whatever it is: a start that failed is an end, or it would never be tried again.
            process.End(failed.Message);
            throw new ProgramException(failed.Message, wasSent: false, failed) { Failure = (failed as ProgramException)?.Failure };
        }
    }

    async Task NoteEndAsync(ProgramProcess process, long began)
    {
        string reason = await process.Ended.ConfigureAwait(false);
        NoteEnd(reason, context.Time.GetElapsedTime(began));
    }

    void NoteEnd(string reason, TimeSpan life)
    {
        lock (_lock)
        {
            _running = null;
            if (_isDisposed) return;
            _badLives = life >= GoodLife ? 0 : _badLives + 1;
            _pause = _badLives == 0 ? TimeSpan.Zero : Min(FirstPause * Math.Pow(2, Math.Min(_badLives - 1, 10)), LongestPause);
            (_endedAt, _lastEnd) = (context.Time.GetTimestamp(), reason);
        }
        context.Log(string.Create(CultureInfo.InvariantCulture, $"the program has ended: {reason}; it may be started again in {_pause.TotalSeconds:0.#} s"));
    }

    string Named(string method) => $"{program.Driver} {method}";

    static string OneLine(string text) => LineMessages.OneLine(text, 500);

    static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    sealed record Initialized(int Protocol);
}
