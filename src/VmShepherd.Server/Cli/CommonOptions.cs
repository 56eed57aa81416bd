using System.CommandLine;

namespace VmShepherd.Server.Cli;

/// <summary>Options that several commands have. Each command gets its own.</summary>
static class CommonOptions
{
    public static Option<string> File() => new("--config", "-c") { Description = "The settings file.", HelpName = "FILE", Required = true };

    /// <summary>For commands that need no more of the settings than where drivers are.</summary>
    public static Option<string?> PluginsOf() => new("--config", "-c") { Description = "The settings file whose 'plugins' are meant; else the default folder's.", HelpName = "FILE" };

    public static Option<Uri?> Server(bool required) => new("--server")
    {
        Description = "Address of a running vmshepherd, as http://127.0.0.1:8888.",
        HelpName = "URL",
        Required = required,
        CustomParser = result =>
        {
            if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https") return url;
            result.AddError("--server: expected an address like http://127.0.0.1:8888");
            return null;
        },
    };

    public static Option<string?> TokenFile() => new("--token-file") { Description = "Holds the access token, where the server asks for one.", HelpName = "FILE" };
}
