using VmShepherd.Abstractions;
using VmShepherd.Testing;
using Xunit;

namespace VmShepherd.Server.Conformance;

/// <summary>The suites, for a driver that settings configure.</summary>
static class TrialSuites
{
    /// <summary>The suite of a group, and how to make one.</summary>
    public static (Type Suite, Func<object> Create) Of(string group, DriverTrial trial) => group switch
    {
        DriverGroup.Iaas => (typeof(IaasTrial), () => new IaasTrial(trial)),
        DriverGroup.Presets => (typeof(PresetTrial), () => new PresetTrial(trial)),
        DriverGroup.Runtime => (typeof(RuntimeTrial), () => new RuntimeTrial(trial)),
        _ => (typeof(HealthcheckTrial), () => new HealthcheckTrial(trial)),
    };

    sealed class IaasTrial(DriverTrial trial) : IaasDriverConformance
    {
        protected override bool MachinesBoot => trial.MachinesBoot;

        protected override Task<IIaasDriver> CreateDriverAsync() => Task.FromResult(trial.Create<IIaasDriver>(DriverGroup.Iaas));

        protected override Task<IIaasDriver> CreateUnreachableDriverAsync()
        {
            Assert.SkipWhen(trial.Unreachable.Count == 0, "give --unreachable KEY=VALUE, an option that leads to an IaaS where nobody answers");
            return Task.FromResult(trial.Create<IIaasDriver>(DriverGroup.Iaas, trial.Unreachable));
        }

        protected override VmRequest NewRequest(string preset) => base.NewRequest(preset) with { Image = trial.Image, Flavor = trial.Flavor };
    }

    sealed class HealthcheckTrial(DriverTrial trial) : HealthcheckDriverConformance, IAsyncDisposable
    {
        readonly List<IHealthcheckDriver> _drivers = [];

        protected override IHealthcheckDriver CreateDriver(int port)
        {
            var driver = trial.Create<IHealthcheckDriver>(DriverGroup.Healthcheck, new Dictionary<string, object?> { [trial.PortOption] = (long)port });
            _drivers.Add(driver);
            return driver;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (IAsyncDisposable driver in _drivers.OfType<IAsyncDisposable>()) await driver.DisposeAsync();
        }
    }

    sealed class PresetTrial(DriverTrial trial) : PresetDriverConformance
    {
        protected override bool CanChange => false;

        protected override Task<IPresetDriver> CreateDriverAsync() => Task.FromResult(trial.Create<IPresetDriver>(DriverGroup.Presets));

        protected override Task<IPresetDriver> CreateUnreachableDriverAsync()
        {
            Assert.Skip("settings name one place, and it can be reached");
            return CreateDriverAsync();
        }
    }

    /// <summary>Time passes by waiting: leases are as short as a store that is busy with something else allows.</summary>
    sealed class RuntimeTrial(DriverTrial trial) : RuntimeDriverConformance
    {
        protected override TimeSpan Lease => TimeSpan.FromSeconds(4);

        protected override TimeSpan Slack => TimeSpan.FromSeconds(1);

        protected override Task<IRuntimeDriver> CreateInstanceAsync() => Task.FromResult(trial.Create<IRuntimeDriver>(DriverGroup.Runtime));

        protected override Task AdvanceAsync(TimeSpan time) => Task.Delay(time, TimeProvider.System, Ct);

        static CancellationToken Ct => TestContext.Current.CancellationToken;
    }
}
