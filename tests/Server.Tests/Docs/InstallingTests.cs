using System.Text.RegularExpressions;
using VmShepherd.Server.Tests.Plugins;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Docs;

/// <summary>docs/operations.md as an operator installs: its commands, with / somewhere else, and what they put there is started as the unit starts it.</summary>
[Collection(nameof(PackedSdk))]
public sealed partial class InstallingTests(PackedSdk sdk) : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    readonly string _root = Directory.CreateTempSubdirectory("vmshepherd-installed-").FullName;

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    static string Unit { get; } = Checkout.Read("packaging/vmshepherd.service");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>The folders that an installation writes to, below ours.</summary>
    string Below(string text) => Folder().Replace(text, match => _root + match.Value);

    /// <summary>It is published already, for all tests that need it.</summary>
    string Publish() => $"cp -r {sdk.Published} {_root}/publish";

    async Task InstallAsync()
    {
        string commands = Block().Match(Checkout.Read("docs/operations.md"), Checkout.Read("docs/operations.md").IndexOf("## Installing", StringComparison.Ordinal)).Groups[1].Value;
        Assert.StartsWith("make publish\n", commands, StringComparison.Ordinal);
        Directory.CreateDirectory(Below("/etc/systemd/system"));

        // Users and services of this machine are left alone; that they are asked for is what counts.
        string stubs = $"make() {{ {Publish()}; }}; adduser() {{ echo \"adduser $*\"; }}; systemctl() {{ echo \"systemctl $*\"; }};";
        string said = await Checkout.ShellAsync(stubs + Below(commands.Replace("artifacts/publish", $"{_root}/publish", StringComparison.Ordinal).Replace("-g vmshepherd", "", StringComparison.Ordinal)), Patience);
        Assert.Contains("adduser --system --group", said, StringComparison.Ordinal);
        Assert.Contains("systemctl enable --now vmshepherd", said, StringComparison.Ordinal);
    }

    VmShepherdProcess StartAsTheUnitDoes()
    {
        string[] command = Below(ExecStart().Match(File.ReadAllText(Below("/etc/systemd/system/vmshepherd.service"))).Groups[1].Value).Split(' ');
        return VmShepherdProcess.StartProgram(command[0], [.. command[1..], "-p", "0"]);
    }

    [Fact]
    public async Task What_is_installed_starts_keeps_presets_and_remembers_them_after_a_kill()
    {
        await InstallAsync();
        string settings = Below("/etc/vmshepherd/settings.yaml");
        await File.WriteAllTextAsync(settings, Below(await File.ReadAllTextAsync(settings, Ct)), Ct);
        await File.WriteAllTextAsync(Below("/etc/vmshepherd/presets/web.conf"), "name: web\ncount: 2\nimage: debian\nflavor: small\nmanage_interval: 1\nmanage_expire: 15\niaas: {driver: DummyIaasDriver, boot_time: 0}\n", Ct);
        await using (VmShepherdProcess first = StartAsTheUnitDoes())
        {
            await first.SaysAsync("2 of 2 present");
            await first.SignalAsync("KILL");
            await first.ExitsAsync();
        }

        Assert.Equal("600\n", await Checkout.ShellAsync(Below("stat -c %a /var/lib/vmshepherd/store.db"), Patience));

        // Its cloud died with it: only a store can tell that there was something.
        await using VmShepherdProcess second = StartAsTheUnitDoes();
        await second.SaysAsync("vanished");
        await using (VmShepherdProcess third = StartAsTheUnitDoes()) Assert.Equal(1, await third.ExitsAsync());
        await second.SignalAsync("TERM");
        Assert.Equal(0, await second.ExitsAsync());
    }

    [Fact]
    public async Task The_unit_is_one_that_systemd_takes_and_exit_codes_for_a_person_end_it()
    {
        string unit = Path.Combine(_root, "vmshepherd.service");
        await File.WriteAllTextAsync(unit, Unit.Replace("/opt/vmshepherd/vmshepherd", "/bin/true", StringComparison.Ordinal), Ct);
        Assert.Equal("", await Checkout.ShellAsync($"systemd-analyze verify {unit} 2>&1", Patience));
        Assert.Contains($"RestartPreventExitStatus={ExitCode.Usage} {ExitCode.BadConfiguration}\n", Unit, StringComparison.Ordinal);
        Assert.Contains("StateDirectory=vmshepherd\n", Unit, StringComparison.Ordinal);
        Assert.Contains("path: /var/lib/vmshepherd/", Checkout.Read("packaging/settings.yaml"), StringComparison.Ordinal);
    }

    [GeneratedRegex("/(?:opt|etc|var/lib)/[a-z]+")]
    private static partial Regex Folder();

    [GeneratedRegex("^```sh\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Block();

    [GeneratedRegex("^ExecStart=(.*)$", RegexOptions.Multiline)]
    private static partial Regex ExecStart();
}
