using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Programs;

/// <summary>A health check that is a program. What it can't answer is nobody's ill health.</summary>
sealed class ProgramHealthcheck(ProgramChannel channel) : IHealthcheckDriver, IAsyncDisposable
{
    const int MaxReason = 300;

    public async ValueTask<Verdict> CheckAsync(Vm vm, CancellationToken cancellationToken)
    {
        try
        {
            Answer? answer = await channel.CallAsync<Answer?>("check", new Dictionary<string, object?> { ["vm"] = vm }, cancellationToken).ConfigureAwait(false);
            return answer?.Verdict switch
            {
                "passed" => Verdict.Passed,
                "failed" => new Verdict.Failed(Short(answer.Reason) ?? "failed"),
                "unknown" => new Verdict.Unknown(Short(answer.Reason) ?? "unknown"),
                _ => new Verdict.Unknown("the program answered 'check' with none of passed, failed, unknown"),
            };
        }
        catch (ProgramException failed)
        {
            return new Verdict.Unknown(Short(failed.Message)!);
        }
    }

    public ValueTask DisposeAsync() => channel.DisposeAsync();

    static string? Short(string? reason) => reason is null ? null : string.Concat(reason.Take(MaxReason).Select(c => char.IsControl(c) ? ' ' : c));

    sealed record Answer(string? Verdict, string? Reason);
}
