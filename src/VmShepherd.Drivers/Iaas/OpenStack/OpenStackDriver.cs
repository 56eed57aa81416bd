using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack;
using VmShepherd.Drivers.Iaas.OpenStack.Calls;
using VmShepherd.Drivers.Iaas.OpenStack.Login;
using VmShepherd.Drivers.Iaas.OpenStack.Servers;

[assembly: Driver(DriverGroup.Iaas, "OpenStackDriver", typeof(OpenStackDriver))]

namespace VmShepherd.Drivers.Iaas.OpenStack;

/// <summary>Servers of one project of an OpenStack: nova, with keystone, glance and neutron for what it needs.</summary>
public sealed class OpenStackDriver : IIaasDriver, IIaasDoctor, IAsyncDisposable
{
    readonly OpenStackOptions _options;
    readonly Shared<CloudAccount.AccountKey, CloudAccount>.Use _account;
    readonly IDisposable _limits, _patience;
    readonly ServerCreation _creation;
    readonly ServerDeletion _deletion;

    /// <exception cref="ArgumentException">The options are no login, or contradict one another; the message says what to change.</exception>
    public OpenStackDriver(OpenStackOptions options, DriverContext context)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(context);
        bool isForced = options.Delete switch
        {
            "force" => true,
            "normal" => false,
            _ => throw new ArgumentException($"delete: expected force or normal, this is '{options.Delete}'"),
        };
        _options = options;
        _account = CloudAccount.Rent(options, context, Environment.GetEnvironmentVariable);
        CloudAccount account = _account.Value;
        _limits = account.Join(new CallLimits(options.CallsPerSecond, options.CallsInFlight), context.Log);
        _patience = account.Patience.Join(options.HttpTimeout);
        _creation = new ServerCreation(account.Api, account.Names, account.Servers, options);
        _deletion = new ServerDeletion(account.Api, isForced);
    }

    /// <summary>Nova shows a server to GET at once; what a lost answer may still bring about, it has brought about by then.</summary>
    public TimeSpan VisibilityGrace { get; } = TimeSpan.FromSeconds(60);

    public async Task<string> GetScopeAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Token token = await _account.Value.Api.TokenAsync(cancellationToken).ConfigureAwait(false);
        CloudLogin login = _account.Value.Login;
        return token.ProjectId is { } project
            ? $"openstack:{login.AuthUrl.Authority} project {project} region {ServiceAddresses.Region(token, login)}"
            : throw new IaasException(IaasFailure.Unauthorized, $"the login at {login.AuthUrl} is for no project: give project_name (or project_id)");
    }

    public Task<IReadOnlyList<Vm>> ListAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken) =>
        _account.Value.Servers.ListAsync(presets, _options.ShutdownGracePeriod, cancellationToken);

    public Task<Vm?> FindAsync(string id, CancellationToken cancellationToken) => _account.Value.Servers.FindAsync(id, _options.ShutdownGracePeriod, cancellationToken);

    public Task<string> CreateAsync(VmRequest request, CancellationToken cancellationToken) => _creation.CreateAsync(request, cancellationToken);

    public Task TerminateAsync(VmTermination termination, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(termination);
        return _deletion.EndAsync(termination, cancellationToken);
    }

    public Task<IReadOnlyList<Finding>> ExamineAsync(IReadOnlyCollection<Wish> wishes, CancellationToken cancellationToken) =>
        new Doctor(_account.Value, _options).ExamineAsync(wishes, cancellationToken);

    public ValueTask DisposeAsync()
    {
        _limits.Dispose();
        _patience.Dispose();
        _account.Dispose();
        return ValueTask.CompletedTask;
    }
}
