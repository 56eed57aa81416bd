using System.Diagnostics;
using System.Text.Json;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Configuration.Yaml;
using Xunit;

namespace Core.Tests.Configuration.Templates;

/// <summary>The real PyYAML and Jinja2, unfettered, in a process of their own. Without <c>python3-jinja2</c> the tests fail, for then nothing is compared.</summary>
sealed class Reference : IDisposable
{
    readonly Process _python = Process.Start(new ProcessStartInfo("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "Configuration", "Templates", "reference.py")])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    /// <summary>A context of the corpora as PyYAML writes it.</summary>
    internal Task<string> YamlAsync(JsonElement context) => AskAsync(new { context });

    internal Task<string> RenderAsync(string yaml, string template) => AskAsync(new { yaml, template });

    async Task<string> AskAsync(object question)
    {
        await _python.StandardInput.WriteLineAsync(JsonSerializer.Serialize(question));
        await _python.StandardInput.FlushAsync();
        return JsonSerializer.Deserialize<string>(await _python.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("no answer: install python3-jinja2 and python3-yaml"))!;
    }

    /// <summary>A preset with these values, as our reader has them.</summary>
    internal static Preset Preset(string template, string yaml)
    {
        YamlReading reading = YamlReader.Read(System.Text.Encoding.UTF8.GetBytes(yaml), "values");
        Assert.Empty(reading.Diagnostics);
        return Preset(template, reading.Root is YamlMapping root ? (IReadOnlyDictionary<string, object?>)YamlPlain.Typed(root)! : new Dictionary<string, object?>());
    }

    internal static Preset Preset(string template, IReadOnlyDictionary<string, object?> values) =>
        new("web", 1) { Iaas = new DriverReference("", "", "", new Drivers.NoOptions()), Userdata = new Userdata(template, null), Document = values };

    public void Dispose()
    {
        _python.Kill();
        _python.Dispose();
    }
}
