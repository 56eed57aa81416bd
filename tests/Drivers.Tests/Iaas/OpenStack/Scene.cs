using Microsoft.AspNetCore.Http;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack;
using Xunit;

namespace Drivers.Tests.Iaas.OpenStack;

/// <summary>A cloud, and drivers that log in to it.</summary>
sealed class Scene : IAsyncDisposable
{
    readonly List<OpenStackDriver> _drivers = [];

    Scene(FakeCloud cloud, TimeProvider time) => (Cloud, Time) = (cloud, time);

    public FakeCloud Cloud { get; }
    public TimeProvider Time { get; }

    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>On a hurried clock, unless another is given.</summary>
    public static async Task<Scene> StartAsync(TimeProvider? time = null)
    {
        time ??= new HurriedTime(50);
        return new Scene(await FakeCloud.StartAsync(time), time);
    }

    public OpenStackDriver Driver(
        string? password = FakeCloud.Password, string? region = "RegionOne", string delete = "force", string? authUrl = null, string? computeEndpoint = null, int? volumeSize = null,
        string? serverGroup = null, bool configDrive = false, IReadOnlyList<string>? owners = null, double timeout = 600, double perSecond = 1000, int inFlight = 8, double shutdownGrace = 900)
    {
        var driver = new OpenStackDriver(
            new OpenStackOptions
            {
                AuthUrl = authUrl ?? Cloud.AuthUrl, Username = FakeCloud.User, Password = password, ProjectName = "vmshepherd", RegionName = region, Delete = delete, ComputeEndpoint = computeEndpoint,
                VolumeSize = volumeSize, ServerGroup = serverGroup, ConfigDrive = configDrive, ImageOwnerIds = owners ?? [], HttpTimeout = TimeSpan.FromSeconds(timeout), CallsPerSecond = perSecond, CallsInFlight = inFlight,
                ShutdownGracePeriod = TimeSpan.FromSeconds(shutdownGrace),
            },
            Context);
        _drivers.Add(driver);
        return driver;
    }

    public DriverContext Context => new(Time, new Random(1), Path.GetTempPath());

    public static VmRequest Request(string preset = "web", string intent = "intent-1") => new(preset, intent, "image", "m1.small")
    {
        Metadata = new Dictionary<string, string> { [VmMetadata.Intent] = intent, [VmMetadata.Preset] = preset },
    };

    /// <summary>Answers one kind of call in another way: as often as said, then as usual.</summary>
    public void Instead(string method, string path, int times, Func<HttpContext, Task> answer) => Cloud.Instead = async http =>
    {
        if (http.Request.Method != method || !(http.Request.Path.Value ?? "").EndsWith(path, StringComparison.Ordinal) || Interlocked.Decrement(ref times) < 0) return false;
        await answer(http);
        return true;
    };

    public static Func<HttpContext, Task> Status(int status, string body = "", string type = "application/json", params (string Name, string Value)[] headers) => http =>
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        foreach ((string name, string value) in headers) http.Response.Headers[name] = value;
        return http.Response.WriteAsync(body);
    };

    public static async Task<IaasException> FailsAsync(Func<Task> act) => await Assert.ThrowsAsync<IaasException>(act);

    public async ValueTask DisposeAsync()
    {
        foreach (OpenStackDriver driver in _drivers) await driver.DisposeAsync();
        await Cloud.DisposeAsync();
    }
}
