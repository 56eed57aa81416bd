using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace VmShepherd.Drivers.Postgres;

/// <summary>Hears of requests, on a connection of its own, which is opened again whenever it breaks. Nothing rests on it: claims find what is due without it, only later.</summary>
sealed class Listener(NpgsqlDataSource source, string schema, TimeProvider time, Action asked) : IAsyncDisposable
{
    static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1), LongestWait = TimeSpan.FromMinutes(1);

    readonly CancellationTokenSource _stop = new();
    readonly Lock _gate = new();
    Task? _listening;
    bool _isDisposed;

    /// <summary>One for each schema. A channel's name is short; a schema's may not be.</summary>
    public static string ChannelOf(string schema) => $"vmshepherd_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(schema)))[..16]}";

    /// <summary>From the first claim on: whoever only reads need not hear anything.</summary>
    public void Begin()
    {
        lock (_gate) _listening ??= _stop.IsCancellationRequested ? Task.CompletedTask : Task.Run(ListenAsync, CancellationToken.None);
    }

    async Task ListenAsync()
    {
        TimeSpan wait = FirstWait;
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using NpgsqlConnection connection = await source.OpenConnectionAsync(_stop.Token);
                connection.Notification += (_, _) => asked();
                await using (var listen = new NpgsqlCommand($"listen {Schema.Quote(ChannelOf(schema))}", connection)) await listen.ExecuteNonQueryAsync(_stop.Token);
                wait = FirstWait;
                asked(); // what was left while nobody listened
                while (true) await connection.WaitAsync(_stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException or InvalidOperationException or OperationCanceledException)
            {
                // Whether the server can be reached at all is told by claims, which fail with the reason.
                await Task.Delay(wait, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task? listening;
        lock (_gate)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            _stop.Cancel();
            listening = _listening;
        }

        if (listening is not null) await listening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await source.DisposeAsync();
        _stop.Dispose();
    }
}
