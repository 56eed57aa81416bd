using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace VmShepherd.Core.Configuration.Templates;

/// <summary>
/// A preset's values for the worker: JSON as far as JSON has words for them; anything else is an object with one key, its type in Python.
/// The same text and values make the same bytes, so these bytes also say whether a result is known already.
/// </summary>
static class WireValues
{
    /// <summary>Of one request. Aliases are written out here, so a small file can have large values.</summary>
    internal const int MaxBytes = 4 * 1024 * 1024;

    /// <returns><see langword="null"/> = larger than <see cref="MaxBytes"/>.</returns>
    internal static ReadOnlyMemory<byte>? Request(string template, IReadOnlyDictionary<string, object?> values, int mostBytes)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("most", mostBytes);
            json.WritePropertyName("template");
            Write(json, template);
            json.WritePropertyName("values");
            Write(json, values);
            json.WriteEndObject();
            if (json.BytesCommitted + json.BytesPending > MaxBytes) return null;
        }

        return buffer.WrittenMemory;
    }

    static void Write(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case null: json.WriteNullValue(); break;
            case bool flag: json.WriteBooleanValue(flag); break;
            case int number: json.WriteNumberValue(number); break;
            case long number: json.WriteNumberValue(number); break;
            case string text when !HasHalfPair(text): json.WriteStringValue(text); break;
            case string text: Tagged(json, "utf16", Convert.ToBase64String(MemoryMarshal.AsBytes(text.AsSpan()))); break;
            case double number: Tagged(json, "float", number.ToString("R", CultureInfo.InvariantCulture)); break;
            // Python reads decimal digits only up to a bound, hexadecimal ones without.
            case BigInteger number: Tagged(json, "int", (number.Sign < 0 ? "-" : "") + BigInteger.Abs(number).ToString("x", CultureInfo.InvariantCulture)); break;
            case byte[] bytes: Tagged(json, "bytes", Convert.ToBase64String(bytes)); break;
            case DateOnly date: Tagged(json, "date", [date.Year, date.Month, date.Day]); break;
            case DateTime moment: Tagged(json, "datetime", [.. Parts(moment), null]); break;
            case DateTimeOffset moment: Tagged(json, "datetime", [.. Parts(moment.DateTime), (long)moment.Offset.TotalSeconds]); break;
            case IReadOnlyDictionary<string, object?> map: Pairs(json, map.Select(p => KeyValuePair.Create((object?)p.Key, p.Value))); break;
            case IReadOnlyList<KeyValuePair<object?, object?>> pairs: Pairs(json, pairs); break;
            case ITuple tuple: Tagged(json, "tuple", Enumerable.Range(0, tuple.Length).Select(i => tuple[i])); break;
            case IReadOnlySet<object?> set: Tagged(json, "set", set); break;
            case IEnumerable list: List(json, list); break;
            default: throw new ArgumentException($"{value.GetType().Name} is no value of a preset", nameof(value));
        }
    }

    static void Pairs(Utf8JsonWriter json, IEnumerable<KeyValuePair<object?, object?>> pairs) => Tagged(json, "dict", pairs.Select(p => new[] { p.Key, p.Value }));

    static void Tagged(Utf8JsonWriter json, string type, string text)
    {
        json.WriteStartObject();
        json.WriteString(type, text);
        json.WriteEndObject();
    }

    static void Tagged(Utf8JsonWriter json, string type, IEnumerable<object?> items)
    {
        json.WriteStartObject();
        json.WritePropertyName(type);
        List(json, items);
        json.WriteEndObject();
    }

    static void List(Utf8JsonWriter json, IEnumerable items)
    {
        json.WriteStartArray();
        foreach (object? item in items)
        {
            if (json.BytesCommitted + json.BytesPending > MaxBytes) break; // refused as a whole
            Write(json, item);
        }

        json.WriteEndArray();
    }

    static object?[] Parts(DateTime moment) =>
        [moment.Year, moment.Month, moment.Day, moment.Hour, moment.Minute, moment.Second, (moment.Ticks % TimeSpan.TicksPerSecond) / TimeSpan.TicksPerMicrosecond];

    internal static bool HasHalfPair(string text)
    {
        for (int i = text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff'); i >= 0 && i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1])) return true;
            i++;
        }

        return false;
    }
}
