using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.Dummy;

/// <summary>The options of <c>DummyIaasDriver</c> and of <c>vmshepherd dummy-cloud</c>.</summary>
public sealed class DummyIaasOptions
{
    [Option("boot_time", "Seconds from a create until the machine runs.", Min = 0, Max = 86_400)]
    public TimeSpan BootTime { get; set; } = TimeSpan.FromSeconds(2);

    [Option("latency", "Seconds that each call to the cloud takes, there and back.", Min = 0, Max = 60)]
    public TimeSpan Latency { get; set; }

    [Option("lost_requests", "Share of the calls (0 to 1) that fail before they had an effect.", Min = 0, Max = 1)]
    public double LostRequests { get; set; }

    [Option("lost_answers", "Share of the calls (0 to 1) that fail after they had their effect.", Min = 0, Max = 1)]
    public double LostAnswers { get; set; }

    [Option("quota", "Machines that may exist at once; unlimited when left out.", Min = 0)]
    public int? Quota { get; set; }

    [Option("staleness", "Seconds by which lists may lag: a new machine may be missing, an ended one still shown, for up to so long.", Min = 0, Max = 3600)]
    public TimeSpan Staleness { get; set; }

    [Option("seed", "Number from which all chance is drawn; the same seed and the same calls give the same run. Drawn anew when left out.")]
    public int? Seed { get; set; }

    [Option("serve_http", "Port at which each running machine answers HTTP at its own 127.30.x.y.", Min = 1, Max = 65_535)]
    public int? ServeHttp { get; set; }

    [Option("control", "Port on 127.0.0.1 of the control endpoint.", Min = 1, Max = 65_535)]
    public int? Control { get; set; }

    [Option("connect", "URL of a cloud served by `vmshepherd dummy-cloud`; all other options are then that cloud's own.")]
    public string? Connect { get; set; }
}
