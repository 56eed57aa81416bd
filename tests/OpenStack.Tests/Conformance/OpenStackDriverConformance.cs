using OpenStack.Tests.Lab;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack;
using VmShepherd.Testing;

namespace OpenStack.Tests.Conformance;

/// <summary>The promises of every IaaS driver, held by ours against the real OpenStack, in the project that the lab comes with.</summary>
public sealed class OpenStackDriverConformance(OpenStackLab lab) : IaasDriverConformance
{
    static readonly TimeSpan Shown = TimeSpan.FromSeconds(1);

    protected override Task<IIaasDriver> CreateDriverAsync() => Task.FromResult(DriverAt(lab.Member.AuthUrl));

    protected override Task<IIaasDriver> CreateUnreachableDriverAsync() => Task.FromResult(DriverAt("http://127.0.0.1:1/v3"));

    protected override VmRequest NewRequest(string preset) => base.NewRequest(preset) with { Image = "ubuntu16", Flavor = "small", SecurityGroups = ["lab-sg"], KeyName = "lab-key", Networks = ["lab-net"] };

    /// <summary>nova shows a server at once, so there is no need to wait for the whole grace.</summary>
    protected override Task AdvanceAsync(TimeSpan span) => base.AdvanceAsync(span < Shown ? span : Shown);

    IIaasDriver DriverAt(string url) => new OpenStackDriver(
        new OpenStackOptions { AuthUrl = url, Username = lab.Member.User, Password = lab.Member.Password, ProjectName = lab.Member.Project, UserDomainName = "Default", ProjectDomainName = "Default" },
        new DriverContext(TimeProvider.System, new Random(1), Path.GetTempPath()));
}
