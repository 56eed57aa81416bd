using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack.Calls;
using VmShepherd.Drivers.Iaas.OpenStack.Login;
using VmShepherd.Drivers.Iaas.OpenStack.Names;
using VmShepherd.Drivers.Iaas.OpenStack.Servers;

namespace VmShepherd.Drivers.Iaas.OpenStack;

/// <summary>
/// What all driver instances of one login share, however their other options differ: token, connections, what was refused, names that were looked up, the view of
/// the project. The pace is shared by all logins at one cloud.
/// </summary>
sealed class CloudAccount : IDisposable
{
    static readonly Shared<AccountKey, CloudAccount> Accounts = new();
    static readonly Shared<PaceKey, Pace> Paces = new();

    readonly CloudHttp _http;
    readonly Shared<PaceKey, Pace>.Use _pace;

    CloudAccount(CloudLogin login, DriverContext context, Func<CloudLogin> again)
    {
        Login = login;
        _http = new CloudHttp(login.Tls);
        _pace = Paces.Rent(new PaceKey(login.AuthUrl.Authority, context.Time), () => new Pace(login.AuthUrl.Authority, context.Time));
        Random random;
        lock (context.Random) random = new Random(context.Random.Next());
        Api = new CloudApi(Transport(), new Keystone(Transport(), context.Time, again), login, context.Time, random);
        Names = new NameResolver(new NamedLists(Api), context.Time);
        Versions = new Microversions(Api);
        Servers = new ServerList(new ServerPages(Api, Versions, new ErrorDoubts(context.Time), context.Time), context.Time);

        // One for keystone and one for the others: a keystone that asks for patience holds up no call while the token is good.
        Transport Transport() => new(_http, _pace.Value, Patience, context.Time);
    }

    public CloudLogin Login { get; }
    public Patience Patience { get; } = new();
    public CloudApi Api { get; }
    public NameResolver Names { get; }
    public Microversions Versions { get; }
    public ServerList Servers { get; }

    public static Shared<AccountKey, CloudAccount>.Use Rent(OpenStackOptions options, DriverContext context, Func<string, string?> environment)
    {
        CloudLogin login = CloudLogin.From(options, context.BaseDirectory, environment);
        return Accounts.Rent(new AccountKey(login, options.Cloud, context.Time), () => new CloudAccount(login, context, () => Again(login, options, context, environment)));
    }

    /// <summary>Asks for limits on calls, until the answer is disposed.</summary>
    public IDisposable Join(CallLimits limits, Action<string> log) => _pace.Value.Join(limits, log);

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

    /// <summary>With the name in clouds.yaml: what changes there counts for those who name it.</summary>
    internal sealed record AccountKey(CloudLogin Login, string? Cloud, TimeProvider Time);

    internal sealed record PaceKey(string Cloud, TimeProvider Time);

    public void Dispose()
    {
        _http.Dispose();
        _pace.Dispose();
    }
}
