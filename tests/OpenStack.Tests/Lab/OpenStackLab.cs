using System.Diagnostics;
using System.Text.RegularExpressions;
using OpenStack.Tests.Lab;

// Tests wait for the cloud far more than they work.
[assembly: Xunit.v3.Parallelization(MaxThreads = 4)]
[assembly: AssemblyFixture(typeof(OpenStackLab))]

namespace OpenStack.Tests.Lab;

/// <summary>The real OpenStack that lab/openstack/lab.sh has brought up; OSLAB_DIR says where. Without it every test fails.</summary>
public sealed partial class OpenStackLab : IAsyncLifetime
{
    /// <summary>How many servers nova shows on one page, as the lab was asked to.</summary>
    public const int PageSize = 5;

    static readonly TimeSpan LabPatience = TimeSpan.FromMinutes(4);

    static readonly string Folder = Environment.GetEnvironmentVariable("OSLAB_DIR")
        ?? throw new InvalidOperationException("OSLAB_DIR is not set: these tests need the real OpenStack of lab/openstack, `make test-openstack` brings it up.");

    /// <summary>Where the lab's daemons leave their words.</summary>
    public static string Logs => Path.Combine(Folder, "log");

    /// <summary>Who may do everything.</summary>
    public CloudApi Admin { get; private set; } = null!;

    /// <summary>The project and the user that the lab comes with: a member, no admin.</summary>
    public Login Member { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Member = ReadLogin("openrc");
        Admin = new CloudApi(ReadLogin("admin-openrc"));
        await Admin.SendAsync("compute", HttpMethod.Get, "/servers");
    }

    public ValueTask DisposeAsync()
    {
        Admin.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>lab.sh with these words: <c>stop nova-api</c>. Fails when it fails.</summary>
    public static async Task RunAsync(string command, string daemon, params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("bash", [Script(), command, daemon]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["OSLAB_DIR"] = Folder;
        foreach ((string name, string value) in settings) start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(LabPatience);
        await process.WaitForExitAsync(patience.Token);
        Assert.True(process.ExitCode == 0, $"lab.sh {command} {daemon} ended with {process.ExitCode}:\n{await output}{await errors}");
    }

    static Login ReadLogin(string file)
    {
        var words = Exported().Matches(File.ReadAllText(Path.Combine(Folder, file))).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value, StringComparer.Ordinal);
        return new Login(words["OS_AUTH_URL"], words["OS_USERNAME"], words["OS_PASSWORD"], words["OS_PROJECT_NAME"]);
    }

    static string Script()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "VmShepherd.slnx"))) folder = Path.GetDirectoryName(folder);
        return Path.Combine(folder ?? throw new InvalidOperationException("VmShepherd.slnx is in no directory above the tests: they run in the repository they were built in."), "lab/openstack/lab.sh");
    }

    [GeneratedRegex(@"(OS_\w+)=(\S+)")]
    private static partial Regex Exported();
}
