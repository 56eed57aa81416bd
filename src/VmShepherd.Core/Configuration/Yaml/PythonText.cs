using System.Globalization;
using System.Numerics;
using System.Text;

namespace VmShepherd.Core.Configuration.Yaml;

/// <summary>What Python's <c>str()</c> prints for a scalar: names of machines that exist already were made by it.</summary>
static class PythonText
{
    internal static string Of(object? value) => value switch
    {
        null => "None",
        string text => text,
        bool truth => truth ? "True" : "False",
        long number => number.ToString(CultureInfo.InvariantCulture),
        BigInteger number => number.ToString(CultureInfo.InvariantCulture),
        double number => Float(number),
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        DateTime moment => Moment(moment),
        DateTimeOffset moment => Moment(moment.DateTime) + moment.ToString("zzz", CultureInfo.InvariantCulture),
        byte[] bytes => Bytes(bytes),
        _ => value.ToString() ?? "",
    };

    static string Moment(DateTime moment) =>
        moment.ToString(moment.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-dd HH:mm:ss" : "yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    /// <summary>Python and .NET agree on the shortest digits; they differ in where the exponent begins and how it looks.</summary>
    static string Float(double number)
    {
        if (double.IsNaN(number)) return "nan";
        if (double.IsInfinity(number)) return number > 0 ? "inf" : "-inf";

        string[] parts = number.ToString("E16", CultureInfo.InvariantCulture).Split('E');
        int exponent = int.Parse(parts[1], CultureInfo.InvariantCulture);
        string shortest = number.ToString("R", CultureInfo.InvariantCulture);
        string digits = new([.. shortest.Split('E')[0].Where(char.IsAsciiDigit)]);
        digits = digits.TrimStart('0').TrimEnd('0');
        if (digits.Length == 0) return double.IsNegative(number) ? "-0.0" : "0.0";

        string sign = number < 0 ? "-" : "";
        if (exponent is < -4 or >= 16)
        {
            string mantissa = digits.Length == 1 ? digits : digits[0] + "." + digits[1..];
            return $"{sign}{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
        }
        if (exponent < 0) return sign + "0." + new string('0', -exponent - 1) + digits;
        digits = digits.PadRight(exponent + 2, '0');
        return sign + digits[..(exponent + 1)] + "." + digits[(exponent + 1)..];
    }

    static string Bytes(byte[] bytes)
    {
        var text = new StringBuilder("b'");
        foreach (byte b in bytes)
        {
            text.Append(b switch
            {
                (byte)'\\' => @"\\",
                (byte)'\'' => @"\'",
                (byte)'\n' => @"\n",
                (byte)'\r' => @"\r",
                (byte)'\t' => @"\t",
                >= 32 and < 127 => ((char)b).ToString(),
                _ => $"\\x{b:x2}",
            });
        }
        return text.Append('\'').ToString();
    }
}
