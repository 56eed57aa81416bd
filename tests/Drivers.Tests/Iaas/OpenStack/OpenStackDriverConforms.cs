using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack;
using VmShepherd.Testing;

namespace Drivers.Tests.Iaas.OpenStack;

/// <summary>Against a cloud that behaves as the real one was seen to; tests/OpenStack.Tests runs the same suite against that.</summary>
public sealed class OpenStackDriverConforms : IaasDriverConformance
{
    readonly HurriedTime _time = new(50);
    FakeCloud? _cloud;

    protected override async Task<IIaasDriver> CreateDriverAsync()
    {
        _cloud ??= await FakeCloud.StartAsync(_time);
        return Connect(_cloud.AuthUrl);
    }

    protected override Task<IIaasDriver> CreateUnreachableDriverAsync() => Task.FromResult(Connect("http://127.0.0.1:1/v3"));

    protected override TimeProvider Time => _time;

    // What the cloud has accepted it shows at once.
    protected override Task AdvanceAsync(TimeSpan span) => Task.Delay(span < TimeSpan.FromSeconds(2) ? span : TimeSpan.FromSeconds(2), _time, Ct);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_cloud is not null) await _cloud.DisposeAsync();
    }

    IIaasDriver Connect(string authUrl) => new OpenStackDriver(
        new OpenStackOptions
        {
            AuthUrl = authUrl, Username = FakeCloud.User, Password = FakeCloud.Password, ProjectName = "vmshepherd", RegionName = "RegionOne",
            HttpTimeout = TimeSpan.FromSeconds(600), CallsPerSecond = 1000,
        },
        new DriverContext(_time, new Random(1), Path.GetTempPath()));
}
