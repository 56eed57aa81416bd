using Npgsql;

namespace VmShepherd.Drivers.Postgres;

/// <summary>Transactions of several trips to the server.</summary>
static class BoundedTransaction
{
    /// <summary>
    /// Begins one that the server ends by itself when we say nothing for long: whoever is frozen, or out of reach without the server having been told, must not keep its locks for hours.
    /// For the transaction only: behind a pooler the session is somebody else's after it.
    /// </summary>
    public static async Task<NpgsqlTransaction> BeginBoundedAsync(this NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await using var bound = new NpgsqlCommand("set local idle_in_transaction_session_timeout = '10s'", connection);
            await bound.ExecuteNonQueryAsync(cancellationToken);
            return transaction;
        }
        catch
        {
            await transaction.DisposeAsync();
            throw;
        }
    }
}
