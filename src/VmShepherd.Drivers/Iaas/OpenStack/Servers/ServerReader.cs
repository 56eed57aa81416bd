using System.Collections.ObjectModel;
using System.Text.Json;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>What a reading needs to know beside the bytes.</summary>
/// <param name="Names">Servers of these names are wanted; <see langword="null"/> = all.</param>
/// <param name="Now">The cloud's time, as its answer has it.</param>
/// <param name="Doubts">Errors of young servers.</param>
/// <param name="Texts">Shared by the pages of a list.</param>
sealed record ReadingContext(IReadOnlySet<string>? Names, DateTimeOffset Now, ErrorDoubts Doubts, Interned Texts);

/// <summary>
/// Reads servers from nova's bytes, without a tree in between. A server of a name that nobody asked for is read as far as its name. Whatever is not as nova
/// writes it ends with a <see cref="JsonException"/>: a server that can't be read must not be a server that is not there.
/// </summary>
sealed class ServerReader(ReadingContext context)
{
    /// <summary>Wanted servers.</summary>
    public List<Vm> Vms { get; } = [];

    /// <summary>Every server of the page: its id, and its name (null: a cell is down, and nova knows no more).</summary>
    public List<(string Id, string? Name)> Seen { get; } = [];

    /// <summary>Wanted servers that are deleted, whatever else is told of them.</summary>
    public List<string> Deleted { get; } = [];

    /// <summary>Where the next page begins; <see langword="null"/> = nova knows of none.</summary>
    public string? NextMarker { get; private set; }

    /// <summary><c>{"servers": [...], "servers_links": [...]}</c></summary>
    public void ReadPage(ReadOnlySpan<byte> bytes)
    {
        var json = new Utf8JsonReader(bytes);
        Expect(ref json, JsonTokenType.StartObject);
        bool isThere = false;
        while (NextKey(ref json))
        {
            if (json.ValueTextEquals("servers"u8))
            {
                isThere = true;
                Expect(ref json, JsonTokenType.StartArray);
                while (json.Read() && json.TokenType != JsonTokenType.EndArray) Server(ref json);
            }
            else if (json.ValueTextEquals("servers_links"u8))
            {
                Links(ref json);
            }
            else
            {
                Skip(ref json);
            }
        }

        Finish(ref json);
        if (!isThere) throw new JsonException("there is no list of servers in it");
    }

    /// <summary><c>{"server": {...}}</c></summary>
    public void ReadOne(ReadOnlySpan<byte> bytes)
    {
        var json = new Utf8JsonReader(bytes);
        Expect(ref json, JsonTokenType.StartObject);
        while (NextKey(ref json))
        {
            if (!json.ValueTextEquals("server"u8))
            {
                Skip(ref json);
                continue;
            }

            json.Read();
            Server(ref json);
        }

        Finish(ref json);
        if (Seen.Count != 1) throw new JsonException("there is no server in it");
    }

    void Server(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.StartObject) throw new JsonException("a server is no object");
        int depth = json.CurrentDepth;
        var row = new Row();
        bool isWanted = true;
        while (NextKey(ref json))
        {
            if (!Field(ref json, ref row)) Skip(ref json);
            if (row.Name is null || row.Id is null || context.Names is null || context.Names.Contains(row.Name)) continue;
            isWanted = false;
            while (json.Read() && !(json.TokenType == JsonTokenType.EndObject && json.CurrentDepth == depth))
            {
                // The rest of it is nobody's business.
            }

            break;
        }

        if (row.Id is not { Length: > 0 } id) throw new JsonException("a server has no id");
        Seen.Add((id, row.Name));
        if (isWanted && row.Status is "DELETED" or "SOFT_DELETED") Deleted.Add(id);
        if (isWanted && row.Name is { } name) Vms.Add(Vm(id, name, row));
    }

    Vm Vm(string id, string name, in Row row)
    {
        IReadOnlyDictionary<string, string> metadata = row.Metadata ?? (IReadOnlyDictionary<string, string>)ReadOnlyDictionary<string, string>.Empty;
        VmState state = ServerStates.Of(row.Status, row.IsDeleting);
        return new Vm(id, name, context.Doubts.Judge(id, state, row.Status is "ERROR", row.Created, context.Now), row.Created)
        {
            Addresses = row.Addresses ?? [],
            Image = row.Image,
            Flavor = row.Flavor,
            Metadata = metadata,
            Tags = row.Tags ?? [],
            TimedShutdownAt = ServerStates.ShutdownAt(metadata),
        };
    }

    /// <summary>False when the field is none of ours, and still to be skipped.</summary>
    bool Field(ref Utf8JsonReader json, ref Row row)
    {
        ReadOnlySpan<byte> key = json.ValueSpan;
        if (key.SequenceEqual("id"u8)) row.Id = Text(ref json);
        else if (key.SequenceEqual("name"u8)) row.Name = Shared(ref json) is { Length: > 0 } name ? name : null;
        else if (key.SequenceEqual("status"u8)) row.Status = Shared(ref json);
        else if (key.SequenceEqual("created"u8)) row.Created = json.Read() && json.TokenType == JsonTokenType.String && json.TryGetDateTimeOffset(out DateTimeOffset created) ? created : null;
        else if (key.SequenceEqual("metadata"u8)) row.Metadata = Metadata(ref json);
        else if (key.SequenceEqual("image"u8)) row.Image = Named(ref json);
        else if (key.SequenceEqual("flavor"u8)) row.Flavor = Named(ref json);
        else if (key.SequenceEqual("addresses"u8)) row.Addresses = Addresses(ref json);
        else if (key.SequenceEqual("tags"u8)) row.Tags = Tags(ref json);
        else if (key.SequenceEqual("OS-EXT-STS:task_state"u8)) row.IsDeleting = json.Read() && json.TokenType == JsonTokenType.String && json.ValueSpan.EndsWith("deleting"u8);
        else return false;
        return true;
    }

    string Shared(ref Utf8JsonReader json)
    {
        ExpectText(ref json);
        return context.Texts.Text(ref json);
    }

    static string Text(ref Utf8JsonReader json)
    {
        ExpectText(ref json);
        return json.GetString() ?? "";
    }

    /// <summary>What an image or a flavor is called: its <c>original_name</c>, where nova tells it, else its id. Booted from a volume, the image is "".</summary>
    string? Named(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType is not JsonTokenType.StartObject)
        {
            json.Skip();
            return null;
        }

        string? id = null, name = null;
        while (NextKey(ref json))
        {
            if (json.ValueTextEquals("id"u8)) id = Shared(ref json);
            else if (json.ValueTextEquals("original_name"u8)) name = Shared(ref json);
            else Skip(ref json);
        }

        return name ?? id;
    }

    Dictionary<string, string> Metadata(ref Utf8JsonReader json)
    {
        Dictionary<string, string> metadata = new(8, StringComparer.Ordinal);
        Expect(ref json, JsonTokenType.StartObject);
        while (NextKey(ref json))
        {
            string key = context.Texts.Text(ref json);
            bool isUnique = key is VmMetadata.Intent or VmMetadata.Token;
            metadata[key] = isUnique ? Text(ref json) : Shared(ref json);
        }

        return metadata;
    }

    List<string>? Tags(ref Utf8JsonReader json)
    {
        List<string>? tags = null;
        Expect(ref json, JsonTokenType.StartArray);
        while (json.Read() && json.TokenType == JsonTokenType.String) (tags ??= []).Add(context.Texts.Text(ref json));
        return tags;
    }

    /// <summary>Of all networks, fixed ones before floating ones, else as nova has them.</summary>
    static string[] Addresses(ref Utf8JsonReader json)
    {
        List<string> all = [];
        int floating = 0;
        Expect(ref json, JsonTokenType.StartObject);
        while (NextKey(ref json))
        {
            Expect(ref json, JsonTokenType.StartArray);
            while (json.Read() && json.TokenType == JsonTokenType.StartObject)
            {
                string? address = null;
                bool isFloating = false;
                while (NextKey(ref json))
                {
                    if (json.ValueTextEquals("addr"u8)) address = Text(ref json);
                    else if (json.ValueTextEquals("OS-EXT-IPS:type"u8)) isFloating = json.Read() && json.ValueTextEquals("floating"u8);
                    else Skip(ref json);
                }

                if (address is null) continue;
                if (isFloating) all.Add(address);
                else all.Insert(all.Count - floating, address);
                if (isFloating) floating++;
            }
        }

        return [.. all];
    }

    void Links(ref Utf8JsonReader json)
    {
        Expect(ref json, JsonTokenType.StartArray);
        while (json.Read() && json.TokenType == JsonTokenType.StartObject)
        {
            string? href = null;
            bool isNext = false;
            while (NextKey(ref json))
            {
                if (json.ValueTextEquals("href"u8)) href = Text(ref json);
                else if (json.ValueTextEquals("rel"u8)) isNext = Text(ref json) == "next";
                else Skip(ref json);
            }

            // Of the link only the marker counts: where we call is our own affair.
            if (isNext) NextMarker = PageLink.MarkerOf(href) ?? throw new JsonException("the link to the next page has no marker");
        }
    }

    static bool NextKey(ref Utf8JsonReader json) => json.Read() && json.TokenType == JsonTokenType.PropertyName;

    static void Skip(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }

    static void Expect(ref Utf8JsonReader json, JsonTokenType type)
    {
        if (!json.Read() || json.TokenType != type) throw new JsonException($"expected {type}, this is {json.TokenType}");
    }

    static void ExpectText(ref Utf8JsonReader json)
    {
        if (!json.Read() || json.TokenType is not (JsonTokenType.String or JsonTokenType.Null)) throw new JsonException($"expected a text, this is {json.TokenType}");
    }

    static void Finish(ref Utf8JsonReader json)
    {
        if (json.Read()) throw new JsonException("there is more behind the end");
    }

    struct Row
    {
        public string? Id, Name, Status, Image, Flavor;
        public bool IsDeleting;
        public DateTimeOffset? Created;
        public Dictionary<string, string>? Metadata;
        public string[]? Addresses;
        public List<string>? Tags;
    }
}
