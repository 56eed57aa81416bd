using System.Net;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.Dummy;
using VmShepherd.Testing;

namespace Drivers.Tests.Iaas.Dummy;

public sealed class DummyIaasDriverConformance : IaasDriverConformance
{
    readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);

    protected override Task<IIaasDriver> CreateDriverAsync() =>
        Task.FromResult<IIaasDriver>(new DummyIaasDriver(new DummyIaasOptions { Staleness = TimeSpan.FromSeconds(30) }, Context));

    protected override Task<IIaasDriver> CreateUnreachableDriverAsync() =>
        Task.FromResult<IIaasDriver>(new DummyIaasDriver(new DummyIaasOptions { LostRequests = 1 }, Context));

    protected override TimeProvider Time => _time;

    protected override Task AdvanceAsync(TimeSpan span)
    {
        _time.Advance(span);
        return Task.CompletedTask;
    }

    DriverContext Context => new(_time, new Random(1), Path.GetTempPath());
}

/// <summary>Two processes' worth: the driver talks to a real server on a free port.</summary>
public sealed class ConnectedDummyIaasDriverConformance : IaasDriverConformance
{
    readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    DummyCloudServer? _server;

    protected override async Task<IIaasDriver> CreateDriverAsync()
    {
        var options = new DummyIaasOptions { Staleness = TimeSpan.FromSeconds(30) };
        _server ??= await DummyCloudServer.StartAsync(new IPEndPoint(IPAddress.Loopback, 0), options, Context, cancellationToken: Ct);
        return Connect(_server.Url);
    }

    protected override Task<IIaasDriver> CreateUnreachableDriverAsync() => Task.FromResult(Connect(new Uri("http://127.0.0.1:1")));

    protected override TimeProvider Time => _time;

    protected override Task AdvanceAsync(TimeSpan span)
    {
        _time.Advance(span);
        return Task.CompletedTask;
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        if (_server is not null) await _server.DisposeAsync();
    }

    DriverContext Context => new(_time, new Random(1), Path.GetTempPath());

    IIaasDriver Connect(Uri url) => new DummyIaasDriver(new DummyIaasOptions { Connect = url.ToString() }, Context);
}
