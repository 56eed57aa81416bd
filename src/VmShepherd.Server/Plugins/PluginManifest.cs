using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace VmShepherd.Server.Plugins;

/// <summary>What a plug-in says of itself in its <c>plugin.json</c>.</summary>
/// <remarks>Not init-only: generated JSON code would set those that are left out to nothing, and lose their defaults.</remarks>
sealed partial record PluginManifest
{
    public const string FileName = "plugin.json";

    const int MaxBytes = 1024 * 1024;

    /// <summary>Unique among plug-ins; stands in <c>vmshepherd drivers</c> and <c>driver_sources</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary>Of the plug-in itself, for people.</summary>
    public string Version { get; set; } = "";

    /// <summary>The version of VmShepherd.Abstractions that it was built for.</summary>
    public string Sdk { get; set; } = "";

    /// <summary>The dll with the drivers, in the plug-in's folder.</summary>
    public string? Assembly { get; set; }

    /// <summary>Instead of an assembly: the program that is the driver, absolute or in the plug-in's folder, and its arguments.</summary>
    public IReadOnlyList<string>? Program { get; set; }

    /// <summary>What of our environment the program gets: names of variables. It gets no other.</summary>
    public IReadOnlyList<string> Environment { get; set; } = [];

    /// <summary>MiB that the program may have.</summary>
    public int Memory { get; set; } = 1024;

    /// <summary>What the program can be asked for.</summary>
    public IReadOnlyList<ProgramDriver> Drivers { get; set; } = [];

    /// <exception cref="PluginException">It can't be read, or is not complete.</exception>
    public static PluginManifest Read(string folder)
    {
        string file = Path.Combine(folder, FileName);
        try
        {
            if (new FileInfo(file).Length > MaxBytes) throw new PluginException($"{file} is larger than {MaxBytes} bytes");
            PluginManifest manifest = JsonSerializer.Deserialize(File.ReadAllBytes(file), ManifestJson.Default.PluginManifest) ?? throw new PluginException($"{file} is null: expected an object");
            manifest.Check(file);
            return manifest;
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or ArgumentException or NotSupportedException)
        {
            throw new PluginException($"{file}: {wrong.Message}", wrong);
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            throw new PluginException($"{file} can't be read: {failed.Message}", failed);
        }
    }

    void Check(string file)
    {
        if (!Word().IsMatch(Name)) throw new PluginException($"{file}: 'name' is '{Name}': expected 1 to 100 letters, digits, '.', '_' or '-'");
        if (!Word().IsMatch(Version)) throw new PluginException($"{file}: 'version' is '{Version}': expected a version, as 1.0.0");
        if (SdkVersion.Parse(Sdk) is null) throw new PluginException($"{file}: 'sdk' is '{Sdk}': expected the version of VmShepherd.Abstractions it was built for, as {SdkVersion.Ours}");
        if (Assembly is null == Program is null) throw new PluginException($"{file}: expected either 'assembly', the dll that holds the drivers, or 'program', the command that is one");
        if (Program is not null) CheckProgram(file);
        else if (Path.GetFileName(Assembly) != Assembly) throw new PluginException($"{file}: 'assembly' is '{Assembly}': expected the name of a file beside the manifest");
    }

    void CheckProgram(string file)
    {
        if (Program is [] or [null or "", ..]) throw new PluginException($"{file}: 'program' is empty: expected the command and its arguments, as [\"/usr/bin/python3\", \"driver.py\"]");
        if (Program!.Any(part => part is null)) throw new PluginException($"{file}: 'program' has a null: expected texts");
        if (Environment.Any(string.IsNullOrEmpty) || Environment.Distinct(StringComparer.Ordinal).Count() != Environment.Count)
            throw new PluginException($"{file}: 'environment' is [{string.Join(", ", Environment.Select(name => $"'{name}'"))}]: expected names of variables, each once");
        if (Memory is < 16 or > 1024 * 1024) throw new PluginException($"{file}: 'memory' is {Memory}: expected 16 to 1048576 MiB");
        if (Drivers.Count == 0) throw new PluginException($"{file}: 'drivers' is missing: what the program can be asked for");
        foreach (ProgramDriver? driver in Drivers) (driver ?? throw new PluginException($"{file}: 'drivers' has a null: expected an object with 'group' and 'name'")).Check(file);
    }

    [GeneratedRegex(@"^[A-Za-z0-9._+-]{1,100}\z")]
    private static partial Regex Word();
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, ReadCommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, UseStringEnumConverter = true, RespectNullableAnnotations = true, AllowDuplicateProperties = false)]
[JsonSerializable(typeof(PluginManifest))]
sealed partial class ManifestJson : JsonSerializerContext;

/// <summary>Why a plug-in is refused; the message says what to do.</summary>
sealed class PluginException(string message, Exception? inner = null) : Exception(message, inner);
