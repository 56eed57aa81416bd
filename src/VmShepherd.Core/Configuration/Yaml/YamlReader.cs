namespace VmShepherd.Core.Configuration.Yaml;

/// <summary>Reads one document the way PyYAML's <c>safe_load</c> does, with positions and within bounds. Every failure is a <see cref="Diagnostic"/>.</summary>
public static class YamlReader
{
    public const int MaxBytes = 1024 * 1024;

    public static YamlReading Read(ReadOnlySpan<byte> bytes, string file)
    {
        var problems = new DiagnosticList();
        var work = new YamlWork();
        try
        {
            if (bytes.Length > MaxBytes) throw new YamlFailure(1, 1, $"the file has {bytes.Length} bytes, at most {MaxBytes} are read: is it the right file?");
            YamlNode root = new YamlComposer(YamlEncoding.Decode(bytes), file, work).Compose() ?? new YamlScalar(YamlResolver.Null, "", isPlain: true, file, 1, 1);
            new YamlConstructor(problems, work).Construct(root, "");
            return new YamlReading(problems.HasErrors ? null : root, problems.Items) { Work = work };
        }
        catch (YamlFailure e)
        {
            problems.Add(new Diagnostic(Severity.Error, file, e.Line, e.Column, "", e.Message));
            return new YamlReading(null, problems.Items) { Work = work };
        }
    }
}

/// <param name="Root">The document; <see langword="null"/> when there is any error.</param>
/// <param name="Diagnostics">Errors, or warnings on what was read.</param>
public sealed record YamlReading(YamlNode? Root, IReadOnlyList<Diagnostic> Diagnostics)
{
    internal YamlWork Work { get; init; } = new();
}
