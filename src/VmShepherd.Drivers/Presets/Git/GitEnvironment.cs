using System.Globalization;

namespace VmShepherd.Drivers.Presets.Git;

/// <summary>The whole environment of a git process, made from nothing.</summary>
static class GitEnvironment
{
    static readonly (string Key, string Value)[] Always =
    [
        ("core.hooksPath", "/dev/null"), ("core.fsmonitor", "false"), ("core.bigFileThreshold", "1m"), ("core.attributesFile", "/dev/null"),
        ("fetch.fsckObjects", "true"), ("transfer.fsckObjects", "true"),
        // One pack instead of many files: the bound on a file's size then bounds the whole.
        ("fetch.unpackLimit", "1"), ("transfer.unpackLimit", "1"), ("transfer.bundleURI", "false"),
        ("fetch.recurseSubmodules", "false"), ("submodule.recurse", "false"), ("fetch.writeCommitGraph", "false"),
        ("gc.auto", "0"), ("maintenance.auto", "false"), ("pack.threads", "1"), ("protocol.version", "2"), ("credential.helper", ""), ("advice.detachedHead", "false"),
    ];

    /// <summary>Only how to get out of a company's network is taken from our own environment.</summary>
    static readonly string[] Proxies = ["http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"];

    internal static Dictionary<string, string> Make(string home, params ReadOnlySpan<(string Key, string Value)> settings)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["PATH"] = "/usr/bin:/bin",
            ["HOME"] = home,
            ["XDG_CONFIG_HOME"] = home,
            ["LC_ALL"] = "C",
            ["GIT_CONFIG_NOSYSTEM"] = "1",
            ["GIT_CONFIG_SYSTEM"] = "/dev/null",
            ["GIT_CONFIG_GLOBAL"] = "/dev/null",
            ["GIT_ATTR_NOSYSTEM"] = "1",
            ["GIT_TERMINAL_PROMPT"] = "0",
            ["GIT_ASKPASS"] = "/bin/false",
            ["SSH_ASKPASS"] = "/bin/false",
            ["SSH_ASKPASS_REQUIRE"] = "never",
            ["GIT_SSH_VARIANT"] = "ssh",
            ["GIT_NO_LAZY_FETCH"] = "1",
            ["GIT_NO_REPLACE_OBJECTS"] = "1",
            ["GIT_OPTIONAL_LOCKS"] = "0",
            // No repository that clone_dir may lie in is asked for its settings.
            ["GIT_CEILING_DIRECTORIES"] = Path.GetDirectoryName(home)!,
        };
        foreach (string name in Proxies)
            if (Environment.GetEnvironmentVariable(name) is { Length: > 0 } value) environment[name] = value;

        int count = 0;
        foreach ((string key, string value) in (ReadOnlySpan<(string, string)>)[.. Always, .. settings])
        {
            string number = count++.ToString(CultureInfo.InvariantCulture);
            (environment["GIT_CONFIG_KEY_" + number], environment["GIT_CONFIG_VALUE_" + number]) = (key, value);
        }
        environment["GIT_CONFIG_COUNT"] = count.ToString(CultureInfo.InvariantCulture);
        return environment;
    }
}
