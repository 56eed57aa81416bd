using System.Text;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration.Templates;
using VmShepherd.Core.Configuration.Yaml;

namespace VmShepherd.Core.Configuration;

/// <summary>
/// Userdata as VmShepherd 1 made it: the text, or the file that <c>file://</c> names, rendered as a Jinja2 template with the whole merged preset.
/// Text without marks needs no Python.
/// </summary>
public sealed class UserdataRenderer : IUserdataRenderer, IAsyncDisposable
{
    const string FileMark = "file://";

    /// <summary>What an IaaS takes, base64-coded: Nova's bound, the tightest of the common ones.</summary>
    const int MaxCoded = 65_535;
    const int MaxBytes = MaxCoded / 4 * 3;

    /// <summary>A template may be longer than what comes out, as long as a preset's own text may be.</summary>
    const int MaxSource = YamlReader.MaxBytes;

    static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    static readonly string[] Marks = ["{{", "{%", "{#"];

    readonly TemplateEngine _engine;
    readonly TemplateChecks _checks;

    /// <param name="time">The only clock.</param>
    /// <param name="python">The interpreter that has Jinja2.</param>
    public UserdataRenderer(TimeProvider time, string python = "/usr/bin/python3")
    {
        _engine = new TemplateEngine(time, python);
        _checks = new TemplateChecks(time, RenderAsync);
    }

    /// <summary>For operators: how the workers are.</summary>
    public string Health => _engine.Health;

    public async ValueTask<RenderedUserdata> RenderAsync(Preset preset, CancellationToken cancellationToken)
    {
        string? text = preset.Userdata.Text;
        if (text is null) return new RenderedUserdata(null, null);
        string where = "userdata";
        if (text.StartsWith(FileMark, StringComparison.Ordinal))
        {
            where = $"userdata {text}";
            (string? read, string? problem) = await ReadAsync(preset.Userdata, text[FileMark.Length..], cancellationToken);
            if (read is null) return new RenderedUserdata(null, $"{where}: {problem}");
            text = read;
        }

        return IsTemplate(text)
            ? await RenderAsync(text, where, preset, cancellationToken)
            : Plain(text, where);
    }

    public string? KnownProblem(Preset preset) =>
        preset.Userdata.Text is { } text && (text.StartsWith(FileMark, StringComparison.Ordinal) || IsTemplate(text))
            ? _checks.ProblemOf(preset)
            : null;

    static bool IsTemplate(string text) => Array.Exists(Marks, mark => text.Contains(mark, StringComparison.Ordinal));

    async Task<RenderedUserdata> RenderAsync(string text, string where, Preset preset, CancellationToken cancellationToken)
    {
        Rendering rendering = await _engine.RenderAsync(text, preset.Document, MaxBytes, cancellationToken);
        return rendering.Text is not null
            ? new RenderedUserdata(rendering.Text, null)
            : new RenderedUserdata(null, $"{where}{(rendering.Line is { } line ? $" line {line}" : "")}: {rendering.Problem}");
    }

    /// <summary>What Jinja2 does to text without marks: line ends become one, and the last one goes.</summary>
    static RenderedUserdata Plain(string text, string where)
    {
        text = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (text.EndsWith('\n')) text = text[..^1];
        if (WireValues.HasHalfPair(text)) return new RenderedUserdata(null, $"{where}: holds half of a surrogate pair, which is no text");
        int size = Utf8.GetByteCount(text);
        return size > MaxBytes
            ? new RenderedUserdata(null, $"{where} of {size} bytes: at most {MaxBytes} fit, that is {MaxCoded} characters in base64")
            : new RenderedUserdata(text, null);
    }

    static async ValueTask<(string? Text, string? Problem)> ReadAsync(Userdata userdata, string path, CancellationToken cancellationToken)
    {
        if (userdata.Files is not { } files) return (null, "this preset comes from a place without files");
        try
        {
            ReadOnlyMemory<byte> bytes = await files.ReadAsync(path, MaxSource, cancellationToken);
            return (Utf8.GetString(bytes.Span), null);
        }
        catch (PresetFileException e)
        {
            return (null, e.Message);
        }
        catch (DecoderFallbackException)
        {
            return (null, "not valid UTF-8");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _checks.Dispose();
        await _engine.DisposeAsync();
    }
}
