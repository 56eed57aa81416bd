using SamplePlugin;
using SharpYaml.Serialization;
using VmShepherd.Abstractions;

[assembly: Driver(DriverGroup.Healthcheck, "YamlCheck", typeof(YamlCheck))]
[assembly: Driver(DriverGroup.Healthcheck, "NoCheck", typeof(YamlCheckOptions))]
[assembly: Driver(DriverGroup.Healthcheck, "RaisedCheck", typeof(RaisedCheck))]

namespace SamplePlugin;

public sealed class YamlCheckOptions
{
    [Option("answer", "What to say.", Aliases = ["say"])]
    public string Answer { get; set; } = "version";

    [Option("url", "Where the key is sent.", Endpoint = true)]
    public string? Url { get; set; }

    [Option("key", "To get in.", Secret = true, Environment = "SAMPLE_PLUGIN_KEY")]
    public string? Key { get; set; }

    [Option("patience", "Seconds.", Min = 1, Max = 9)]
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(2.5);
}

/// <summary>Answers with the version of the YAML library that it got.</summary>
public sealed class YamlCheck(YamlCheckOptions options, DriverContext context) : IHealthcheckDriver
{
    public ValueTask<Verdict> CheckAsync(Vm vm, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        object? answer = new Serializer().Deserialize<object>($"'{options.Answer}'");
        context.Log($"checks {vm.Id}");
        return ValueTask.FromResult<Verdict>(new Verdict.Failed($"{answer} {typeof(Serializer).Assembly.GetName().Version}"));
    }
}

public sealed class RaisingOptions
{
    public RaisingOptions() => throw new InvalidOperationException("made to fail");
}

/// <summary>Can't be made: its options can't.</summary>
public sealed class RaisedCheck(RaisingOptions options, DriverContext context) : IHealthcheckDriver
{
    public ValueTask<Verdict> CheckAsync(Vm vm, CancellationToken cancellationToken) => throw new InvalidOperationException($"{options} {context}");
}
