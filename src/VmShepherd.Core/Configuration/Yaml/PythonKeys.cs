using System.Numerics;

namespace VmShepherd.Core.Configuration.Yaml;

/// <summary>Which keys Python's dict takes for one: <c>1</c>, <c>1.0</c> and <c>true</c> are.</summary>
sealed class PythonKeys : IEqualityComparer<object>
{
    internal static PythonKeys Comparer { get; } = new();

    /// <summary>Stands for None, which .NET's dictionaries do not take.</summary>
    internal static object Null { get; } = new();

    public new bool Equals(object? x, object? y) => x is byte[] a && y is byte[] b ? a.AsSpan().SequenceEqual(b) : object.Equals(Normal(x), Normal(y));

    public int GetHashCode(object obj) => obj is byte[] bytes ? bytes.Length : Normal(obj)!.GetHashCode();

    static object? Normal(object? key) => key switch
    {
        bool truth => new BigInteger(truth ? 1 : 0),
        long number => new BigInteger(number),
        double number when double.IsFinite(number) && Math.Floor(number) == number => new BigInteger(number),
        _ => key,
    };
}
