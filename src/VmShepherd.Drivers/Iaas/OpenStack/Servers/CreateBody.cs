using System.Buffers;
using System.Text;
using System.Text.Json;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>What a create needs as ids.</summary>
sealed record CreateIds(string Image, string Flavor, IReadOnlyList<string> Networks, IReadOnlyList<string> SecurityGroups, string? ServerGroup);

/// <summary>The body of <c>POST /servers</c>, in the words of microversion 2.1, and nova's bounds on it.</summary>
static class CreateBody
{
    /// <summary>Nova's bounds.</summary>
    const int LongestText = 255, MostMetadata = 128, LongestUserData = 65_535;

    /// <summary>As nova wants it; <see langword="null"/> = none.</summary>
    /// <exception cref="IaasException">It is too long.</exception>
    public static string? UserData(VmRequest request)
    {
        if (request.UserData is not { Length: > 0 } text) return null;
        string encoded = Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        return encoded.Length <= LongestUserData ? encoded
            : throw Wrong(request, $"its user data has {encoded.Length} characters in base64, and nova takes {LongestUserData}: fetch the rest from elsewhere");
    }

    /// <exception cref="IaasException">Nova would not take it.</exception>
    public static void CheckMetadata(VmRequest request)
    {
        if (request.Metadata.Count > MostMetadata) throw Wrong(request, $"it has {request.Metadata.Count} entries of metadata, and nova takes {MostMetadata}");
        foreach ((string key, string value) in request.Metadata)
        {
            if (key.Length is 0 or > LongestText) throw Wrong(request, $"the metadata key '{(key.Length > 40 ? key[..40] + "..." : key)}' has {key.Length} characters, and nova takes 1 to {LongestText}");
            if (value.Length > LongestText) throw Wrong(request, $"the metadata '{key}' has {value.Length} characters, and nova takes {LongestText}");
        }
    }

    public static ReadOnlyMemory<byte> Of(VmRequest request, CreateIds ids, string? userData, OpenStackOptions options)
    {
        var bytes = new ArrayBufferWriter<byte>(1024 + (userData?.Length ?? 0));
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            json.WriteStartObject("server");
            json.WriteString("name", request.Preset);
            json.WriteString("flavorRef", ids.Flavor);
            if (options.VolumeSize is { } size) WriteVolume(json, ids.Image, size);
            else json.WriteString("imageRef", ids.Image);
            if (request.KeyName is { } key) json.WriteString("key_name", key);
            if (request.AvailabilityZone is { } zone) json.WriteString("availability_zone", zone);
            if (userData is not null) json.WriteString("user_data", userData);
            if (options.ConfigDrive) json.WriteBoolean("config_drive", true);
            WriteList(json, "security_groups", "name", ids.SecurityGroups);
            WriteList(json, "networks", "uuid", ids.Networks);
            json.WriteStartObject("metadata");
            foreach ((string name, string value) in request.Metadata) json.WriteString(name, value);
            json.WriteEndObject();
            json.WriteEndObject();
            if (ids.ServerGroup is { } group)
            {
                json.WriteStartObject("os:scheduler_hints");
                json.WriteString("group", group);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return bytes.WrittenMemory;
    }

    static void WriteVolume(Utf8JsonWriter json, string image, int size)
    {
        json.WriteStartArray("block_device_mapping_v2");
        json.WriteStartObject();
        json.WriteNumber("boot_index", 0);
        json.WriteString("uuid", image);
        json.WriteString("source_type", "image");
        json.WriteString("destination_type", "volume");
        json.WriteNumber("volume_size", size);
        json.WriteBoolean("delete_on_termination", true);
        json.WriteEndObject();
        json.WriteEndArray();
    }

    /// <summary>None: nova takes the only network, the default group.</summary>
    static void WriteList(Utf8JsonWriter json, string list, string key, IReadOnlyList<string> values)
    {
        if (values.Count == 0) return;
        json.WriteStartArray(list);
        foreach (string value in values)
        {
            json.WriteStartObject();
            json.WriteString(key, value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    static IaasException Wrong(VmRequest request, string what) => new(IaasFailure.Rejected, $"create of '{request.Preset}': {what}");
}
