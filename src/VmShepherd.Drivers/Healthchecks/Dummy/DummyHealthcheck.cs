using VmShepherd.Abstractions;
using VmShepherd.Drivers.Healthchecks.Dummy;

[assembly: Driver(DriverGroup.Healthcheck, "DummyHealthcheck", typeof(DummyHealthcheck))]

namespace VmShepherd.Drivers.Healthchecks.Dummy;

/// <summary>The dummy check has nothing to set.</summary>
public sealed class DummyHealthcheckOptions;

/// <summary>Asks nobody and is always content: for presets whose machines cannot be asked, and for trying things out.</summary>
public sealed class DummyHealthcheck : IHealthcheckDriver
{
    /// <summary>Needs nothing of either.</summary>
    public DummyHealthcheck(DummyHealthcheckOptions options, DriverContext context)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(context);
    }

    /// <inheritdoc/>
    public ValueTask<Verdict> CheckAsync(Vm vm, CancellationToken cancellationToken) =>
        cancellationToken.IsCancellationRequested ? ValueTask.FromCanceled<Verdict>(cancellationToken) : new(Verdict.Passed);
}
