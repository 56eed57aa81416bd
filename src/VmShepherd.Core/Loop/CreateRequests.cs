using System.Globalization;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Loop;

/// <summary>From a preset to what is asked of the IaaS.</summary>
static class CreateRequests
{
    /// <summary>Bounds of what an IaaS takes as metadata: OpenStack's, the tightest known.</summary>
    const int LongestText = 255, MostEntries = 100;

    public static VmRequest Of(Preset preset, string intent, LeaseToken token, string installation, string? userdata) => new(preset.Name, intent, preset.Image, preset.Flavor)
    {
        UserData = userdata,
        KeyName = preset.KeyName,
        AvailabilityZone = preset.Network.AvailabilityZone,
        SecurityGroups = preset.Network.SecurityGroups,
        Networks = preset.Network.Subnets,
        Metadata = Metadata(preset, intent, token, installation),
    };

    /// <summary>Tags that can't be metadata, and why: they are left out.</summary>
    public static IEnumerable<string> Unfit(Preset preset) => preset.MetaTags.Where(tag => Text(tag.Key, tag.Value) is null)
        .Select(tag => $"meta_tags.{tag.Key} is nested, or longer than {LongestText} characters, or one of ours: machines are created without it");

    static Dictionary<string, string> Metadata(Preset preset, string intent, LeaseToken token, string installation)
    {
        Dictionary<string, string> metadata = new(StringComparer.Ordinal)
        {
            [VmMetadata.Installation] = installation,
            [VmMetadata.Preset] = preset.Name,
            [VmMetadata.Intent] = intent,
            [VmMetadata.Spec] = preset.SpecHash,
            [VmMetadata.Token] = token.ToString(),
        };
        foreach ((string key, object? value) in preset.MetaTags)
        {
            if (metadata.Count < MostEntries && Text(key, value) is { } text) metadata.TryAdd(key, text);
        }

        return metadata;
    }

    static string? Text(string key, object? value)
    {
        string? text = value switch
        {
            null => "",
            string plain => plain,
            bool flag => flag ? "true" : "false",
            System.Collections.IEnumerable => null,
            IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
            _ => value.ToString(),
        };
        bool fits = text?.Length <= LongestText && key.Length is > 0 and <= LongestText && !key.StartsWith("vmshepherd_", StringComparison.Ordinal);
        return fits ? text : null;
    }
}
