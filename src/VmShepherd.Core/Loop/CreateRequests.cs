using System.Globalization;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;

namespace VmShepherd.Core.Loop;

/// <summary>From a preset to what is asked of the IaaS.</summary>
static class CreateRequests
{
    /// <summary>Bounds of what an IaaS takes as metadata: OpenStack's, the tightest known.</summary>
    const int LongestText = 255, MostTags = 95;

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
    public static IEnumerable<string> Unfit(Preset preset)
    {
        HashSet<string> fit = [.. Fit(preset).Select(tag => tag.Key)];
        return preset.MetaTags.Keys.Where(key => !fit.Contains(key)).Select(key =>
            $"meta_tags.{key} is nested, longer than {LongestText} characters, one of ours, one more than {MostTags}, or its name has other characters than letters, digits and `-_:. `: machines are created without it");
    }

    static IEnumerable<(string Key, string Text)> Fit(Preset preset) =>
        preset.MetaTags.Select(tag => (tag.Key, Text: Text(tag.Key, tag.Value))).Where(tag => tag.Text is not null).Take(MostTags)!;

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
        foreach ((string key, string text) in Fit(preset)) metadata.Add(key, text);
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
        bool fits = text?.Length <= LongestText && key.Length is > 0 and <= LongestText && !key.StartsWith("vmshepherd_", StringComparison.Ordinal)
            && key.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or ':' or '.' or ' ');
        return fits ? text : null;
    }
}
