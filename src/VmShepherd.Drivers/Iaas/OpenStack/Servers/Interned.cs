using System.Buffers.Binary;
using System.Text.Json;

namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>One instance of each text that many servers of a list share, found by its bytes. What falls into the same place takes it over: it never grows.</summary>
sealed class Interned
{
    const int Longest = 128, Places = 4096;

    readonly (byte[] Bytes, string Text)[] _texts = new (byte[], string)[Places];

    /// <summary>The text that the reader stands at.</summary>
    public string Text(ref Utf8JsonReader json)
    {
        if (json.TokenType == JsonTokenType.Null) return "";
        ReadOnlySpan<byte> bytes = json.ValueSpan;
        if (json.ValueIsEscaped || bytes.Length > Longest) return json.GetString() ?? "";
        ref (byte[] Bytes, string Text) place = ref _texts[Place(bytes)];
        if (place.Bytes is { } known && bytes.SequenceEqual(known)) return place.Text;
        string made = json.GetString() ?? "";
        place = (bytes.ToArray(), made);
        return made;
    }

    /// <summary>By length, head and tail: names differ there.</summary>
    static int Place(ReadOnlySpan<byte> bytes)
    {
        ulong head = 0, tail = 0;
        if (bytes.Length >= 8)
        {
            head = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            tail = BinaryPrimitives.ReadUInt64LittleEndian(bytes[^8..]);
        }
        else
        {
            foreach (byte one in bytes) head = (head << 8) | one;
        }

        ulong mixed = (head ^ System.Numerics.BitOperations.RotateLeft(tail, 29) ^ (uint)bytes.Length) * 0x9E3779B97F4A7C15;
        return (int)(mixed >> 52);
    }
}
