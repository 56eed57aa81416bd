using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using VmShepherd.Core.Configuration.Yaml;

namespace VmShepherd.Core.Configuration;

/// <summary>SHA-256 over values, each with its kind and length, so that no two different sequences run together. The order of a mapping's keys does not count.</summary>
sealed class ContentHash : IDisposable
{
    readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    internal ContentHash Add(string? text)
    {
        if (text is null) return Mark('N', 0);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Mark('S', bytes.Length);
        _hash.AppendData(bytes);
        return this;
    }

    internal ContentHash AddAll(IReadOnlyCollection<string> texts)
    {
        Mark('L', texts.Count);
        foreach (string text in texts) Add(text);
        return this;
    }

    internal ContentHash AddPlain(object? value)
    {
        switch (value)
        {
            case IReadOnlyDictionary<string, object?> map:
                Mark('M', map.Count);
                foreach ((string key, object? item) in map.OrderBy(p => p.Key, StringComparer.Ordinal)) Add(key).AddPlain(item);
                return this;
            case IReadOnlyList<KeyValuePair<object?, object?>> pairs:
                Mark('P', pairs.Count);
                foreach ((object? key, object? item) in pairs.OrderBy(p => PythonText.Of(p.Key), StringComparer.Ordinal)) AddPlain(key).AddPlain(item);
                return this;
            case IReadOnlyList<object?> list:
                Mark('L', list.Count);
                foreach (object? item in list) AddPlain(item);
                return this;
            default:
                return Add(value?.GetType().Name).Add(value is null ? null : PythonText.Of(value));
        }
    }

    internal string Finish(int length) => Convert.ToHexStringLower(_hash.GetHashAndReset())[..length];

    ContentHash Mark(char kind, int count)
    {
        Span<byte> mark = stackalloc byte[5];
        mark[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(mark[1..], count);
        _hash.AppendData(mark);
        return this;
    }

    public void Dispose() => _hash.Dispose();
}
