using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Text;
using VmShepherd.Core.Configuration.Yaml;

namespace Core.Tests.Configuration.Yaml;

/// <summary>The real PyYAML, in a process of its own. Needs <c>python3-yaml</c>: without it the tests fail, for then nothing is compared.</summary>
sealed class PyYaml : IDisposable
{
    readonly Process _python;

    internal PyYaml()
    {
        var start = new ProcessStartInfo("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "Configuration", "Yaml", "safe_load.py")])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        _python = Process.Start(start)!;
    }

    /// <summary>One answer for each document. Written and read side by side: a pipe holds few of either.</summary>
    internal async Task<string[]> LoadAsync(IReadOnlyList<byte[]> documents)
    {
        Task written = WriteAsync(documents);
        string[] answers = new string[documents.Count];
        for (int i = 0; i < answers.Length; i++) answers[i] = await _python.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("PyYAML does not answer: install python3-yaml");
        await written;
        return answers;
    }

    async Task WriteAsync(IReadOnlyList<byte[]> documents)
    {
        foreach (byte[] document in documents) await _python.StandardInput.WriteLineAsync(Convert.ToBase64String(document));
        await _python.StandardInput.FlushAsync();
    }

    /// <summary>Ours in the same words as safe_load.py's.</summary>
    internal static string Shape(YamlNode node) => node switch
    {
        YamlScalar scalar => Shape(scalar.Value),
        YamlSequence { Tag: "tag:yaml.org,2002:omap" or "tag:yaml.org,2002:pairs" } pairs =>
            $"[{string.Join(',', pairs.Items.Cast<YamlMapping>().Select(p => $"[{Shape(p.Entries[0].Key)},{Shape(p.Entries[0].Value)}]"))}]",
        YamlSequence sequence => $"[{string.Join(',', sequence.Items.Select(Shape))}]",
        YamlMapping { Tag: "tag:yaml.org,2002:set" } set => $"{{{string.Join(',', set.Entries.Select(e => Shape(e.Key) + "=null").Order(StringComparer.Ordinal))}}}",
        YamlMapping mapping => $"{{{string.Join(',', mapping.Entries.Select(e => Shape(e.Key) + "=" + Shape(e.Value)))}}}",
        _ => throw new ArgumentOutOfRangeException(nameof(node), node, null),
    };

    static string Shape(object? value) => value switch
    {
        null => "null",
        bool => "bool:" + PythonText.Of(value),
        long or BigInteger => "int:" + PythonText.Of(value),
        double => "float:" + PythonText.Of(value),
        string text => "str:" + Convert.ToHexStringLower(Encoding.UTF8.GetBytes(text)),
        byte[] bytes => "bytes:" + Convert.ToHexStringLower(bytes),
        DateOnly => "date:" + PythonText.Of(value),
        DateTime or DateTimeOffset => "datetime:" + PythonText.Of(value),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value.GetType()}"),
    };

    public void Dispose()
    {
        _python.Kill();
        _python.Dispose();
    }
}
