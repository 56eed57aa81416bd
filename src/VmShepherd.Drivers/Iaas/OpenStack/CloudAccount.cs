using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack.Calls;
using VmShepherd.Drivers.Iaas.OpenStack.Login;
using VmShepherd.Drivers.Iaas.OpenStack.Names;
using VmShepherd.Drivers.Iaas.OpenStack.Servers;

namespace VmShepherd.Drivers.Iaas.OpenStack;

/// <summary>
/// What all driver instances of one login share, however their other options differ: token, connections, names that were looked up. The pace is shared by all
/// logins at one cloud.
/// </summary>
sealed class CloudAccount : IDisposable
{
    static readonly Shared<AccountKey, CloudAccount> Accounts = new();
    static readonly Shared<PaceKey, Pace> Paces = new();

    readonly CloudHttp _http;
    readonly Shared<PaceKey, Pace>.Use _pace;
    readonly ErrorDoubts _doubts;
    readonly TimeProvider _time;

    CloudAccount(CloudLogin login, OpenStackOptions options, DriverContext context, Func<CloudLogin> again)
    {
        (Login, _time) = (login, context.Time);
        _http = new CloudHttp(login.Tls, options.CallsInFlight);
        _pace = Paces.Rent(new PaceKey(login.AuthUrl.Authority, options.CallsPerSecond, options.CallsInFlight, context.Time), () => new Pace(context.Time, options.CallsPerSecond, options.CallsInFlight));
        var transport = new Transport(_http, _pace.Value, context.Time, options.HttpTimeout);
        Random random;
        lock (context.Random) random = new Random(context.Random.Next());
        Api = new CloudApi(transport, new Keystone(transport, context.Time, again), login, context.Time, random);
        Names = new NameResolver(new NamedLists(Api), context.Time);
        Versions = new Microversions(Api);
        _doubts = new ErrorDoubts(context.Time);
    }

    public CloudLogin Login { get; }
    public CloudApi Api { get; }
    public NameResolver Names { get; }
    public Microversions Versions { get; }

    public ServerPages Pages(TimeSpan grace) => new(Api, Versions, _doubts, _time, grace);

    public static Shared<AccountKey, CloudAccount>.Use Rent(OpenStackOptions options, DriverContext context, Func<string, string?> environment)
    {
        CloudLogin login = CloudLogin.From(options, context.BaseDirectory, environment);
        return Accounts.Rent(
            new AccountKey(login, options.HttpTimeout, options.CallsPerSecond, options.CallsInFlight, context.Time),
            () => new CloudAccount(login, options, context, () => Again(login, options, context, environment)));
    }

    /// <summary>A password that was changed in clouds.yaml counts from the next login on; where it is sent does not change.</summary>
    static CloudLogin Again(CloudLogin login, OpenStackOptions options, DriverContext context, Func<string, string?> environment)
    {
        if (options.Cloud is null) return login;
        try
        {
            CloudLogin now = CloudLogin.From(options, context.BaseDirectory, environment);
            return now with { Identity = now.Identity } == login with { Identity = now.Identity } ? now : login;
        }
        catch (ArgumentException)
        {
            // The file is being written, or broken: what was read first is still the best we know.
            return login;
        }
    }

    internal sealed record AccountKey(CloudLogin Login, TimeSpan HttpTimeout, double CallsPerSecond, int CallsInFlight, TimeProvider Time);

    internal sealed record PaceKey(string Cloud, double CallsPerSecond, int CallsInFlight, TimeProvider Time);

    public void Dispose()
    {
        _http.Dispose();
        _pace.Dispose();
    }
}
