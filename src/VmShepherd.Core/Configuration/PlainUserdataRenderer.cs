using System.Text;
using VmShepherd.Abstractions;

namespace VmShepherd.Core.Configuration;

/// <summary>Userdata without templates: the text as it is, or the file that <c>file://</c> names.</summary>
public sealed class PlainUserdataRenderer : IUserdataRenderer
{
    const string FileMark = "file://";

    /// <summary>What an IaaS takes, base64-coded: Nova's bound, the tightest of the common ones.</summary>
    const int MaxCoded = 65_535;
    const int MaxBytes = MaxCoded / 4 * 3;

    static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public async ValueTask<RenderedUserdata> RenderAsync(Preset preset, CancellationToken cancellationToken)
    {
        string? text = preset.Userdata.Text;
        if (text is null) return new RenderedUserdata(null, null);
        if (text.StartsWith(FileMark, StringComparison.Ordinal))
        {
            (string? read, string? problem) = await ReadAsync(preset.Userdata, text[FileMark.Length..], cancellationToken);
            if (read is null) return new RenderedUserdata(null, problem);
            text = read;
        }
        if (text.Contains("{{", StringComparison.Ordinal) || text.Contains("{%", StringComparison.Ordinal) || text.Contains("{#", StringComparison.Ordinal))
            return new RenderedUserdata(null, "userdata is a template ({{, {% or {#), and this version has no template engine: write it without marks");
        int size = Encoding.UTF8.GetByteCount(text);
        return size > MaxBytes
            ? new RenderedUserdata(null, $"userdata of {size} bytes: at most {MaxBytes} fit, that is {MaxCoded} characters in base64")
            : new RenderedUserdata(text, null);
    }

    static async ValueTask<(string? Text, string? Problem)> ReadAsync(Userdata userdata, string path, CancellationToken cancellationToken)
    {
        if (userdata.Files is not { } files) return (null, $"userdata {FileMark}{path}: this preset comes from a place without files");
        try
        {
            ReadOnlyMemory<byte> bytes = await files.ReadAsync(path, MaxBytes, cancellationToken);
            return (Utf8.GetString(bytes.Span), null);
        }
        catch (PresetFileException e)
        {
            return (null, $"userdata {FileMark}{path}: {e.Message}");
        }
        catch (DecoderFallbackException)
        {
            return (null, $"userdata {FileMark}{path}: not valid UTF-8");
        }
    }
}
