using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Healthchecks.Http;

/// <summary>What is asked of a machine, and how long it may take.</summary>
public sealed class HttpHealthcheckOptions
{
    [Option("conn_timeout", "Seconds until the connection must stand; may be a fraction.", Min = 0.001, Max = 3600)]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(1);

    [Option("read_timeout", "Seconds for the whole check, connecting included, until the status line is there; may be a fraction.", Min = 0.001, Max = 3600)]
    public TimeSpan ReadTimeout { get; set; } = TimeSpan.FromSeconds(1);

    [Option("port", "TCP port of the machine.", Min = 1, Max = 65535)]
    public int Port { get; set; } = 80;

    [Option("path", "Path and query to ask for, percent-encoded.")]
    public string Path { get; set; } = "/";

    [Option("method", "HTTP method to ask with.")]
    public string Method { get; set; } = "GET";

    [Option("check_status", "The status a healthy machine answers with.", Min = 200, Max = 999)]
    public int CheckStatus { get; set; } = 200;
}
