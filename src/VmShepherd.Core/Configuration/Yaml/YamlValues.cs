using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace VmShepherd.Core.Configuration.Yaml;

/// <summary>A scalar's text to its value, as PyYAML's safe constructor does it. What it can't be is a <see cref="FormatException"/> for the operator.</summary>
static partial class YamlValues
{
    /// <summary>Python's own limit; parsing longer ones takes quadratic time.</summary>
    const int MaxDigits = 4300;

    internal static object? Construct(string tag, string text) => tag switch
    {
        YamlResolver.Str => text,
        YamlResolver.Null => null,
        YamlResolver.Bool => Boolean(text),
        YamlResolver.Int => Integer(text) is var number && number >= long.MinValue && number <= long.MaxValue ? (object)(long)number : number,
        YamlResolver.Float => Float(text),
        YamlResolver.Timestamp => Timestamp(text),
        YamlResolver.Binary => Binary(text),
        YamlResolver.Merge => throw new FormatException("'<<' means a merge and may only be a key: quote it"),
        YamlResolver.Value => throw new FormatException("'=' has a meaning of its own in YAML: quote it"),
        _ => throw new FormatException($"unknown tag '{tag}': remove it"),
    };

#pragma warning disable CA1308 // The words are lower case.
    static bool Boolean(string text) => text.ToLowerInvariant() switch
    {
        "yes" or "true" or "on" => true,
        "no" or "false" or "off" => false,
        _ => throw new FormatException("not a boolean: write true or false"),
    };
#pragma warning restore CA1308

    static BigInteger Integer(string text)
    {
        string digits = text.Replace("_", "", StringComparison.Ordinal).Trim();
        bool negative = digits.StartsWith('-');
        if (digits is ['+' or '-', ..]) digits = digits[1..];
        if (digits.Length > MaxDigits) throw new FormatException($"an integer of more than {MaxDigits} digits");

        BigInteger value = digits switch
        {
            "0" => 0,
            ['0', 'b', .. var rest] => InBase(rest, 2),
            ['0', 'x', .. var rest] => InBase(rest, 16),
            ['0', .. var rest] => InBase(rest, 8),
            _ when digits.Contains(':', StringComparison.Ordinal) =>
                digits.Split(':').Aggregate(BigInteger.Zero, (sum, part) => (sum * 60) + InBase(part, 10)),
            _ => InBase(digits, 10),
        };
        return negative ? -value : value;
    }

    static BigInteger InBase(string digits, int radix)
    {
        if (digits.Length == 0) throw new FormatException("not an integer");
        if (radix == 10 && digits.All(char.IsAsciiDigit)) return BigInteger.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

        BigInteger value = 0;
        foreach (char c in digits)
        {
            int digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : int.MaxValue;
            if (digit >= radix) throw new FormatException("not an integer");
            value = (value * radix) + digit;
        }
        return value;
    }

    static double Float(string text)
    {
        string digits = text.Replace("_", "", StringComparison.Ordinal).Trim();
        double sign = digits.StartsWith('-') ? -1 : 1;
        if (digits is ['+' or '-', ..]) digits = digits[1..];
        if (digits.Equals(".inf", StringComparison.OrdinalIgnoreCase)) return sign * double.PositiveInfinity;
        if (digits.Equals(".nan", StringComparison.OrdinalIgnoreCase)) return double.NaN;
        if (!digits.Contains(':', StringComparison.Ordinal)) return sign * Decimal(digits);

        double value = 0, radix = 1;
        foreach (string part in digits.Split(':').Reverse())
        {
            value += Decimal(part) * radix;
            radix *= 60;
        }
        return sign * value;
    }

    static double Decimal(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw new FormatException("not a number");

    static object Timestamp(string text)
    {
        Match match = Timestamps().Match(text);
        if (!match.Success) throw new FormatException("not a date: write 2026-01-31 or 2026-01-31T12:00:00Z");
        int Part(string name) => match.Groups[name].Success ? int.Parse(match.Groups[name].Value, CultureInfo.InvariantCulture) : 0;
        try
        {
            if (!match.Groups["hour"].Success) return new DateOnly(Part("year"), Part("month"), Part("day"));

            string fraction = match.Groups["fraction"].Value;
            int microseconds = fraction.Length == 0 ? 0 : int.Parse(fraction[..Math.Min(6, fraction.Length)].PadRight(6, '0'), CultureInfo.InvariantCulture);
            DateTime moment = new DateTime(Part("year"), Part("month"), Part("day"), Part("hour"), Part("minute"), Part("second"), DateTimeKind.Unspecified)
                .AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
            if (!match.Groups["tz"].Success) return moment;

            var offset = new TimeSpan(Part("tz_hour"), Part("tz_minute"), 0);
            if (offset > TimeSpan.FromHours(14)) throw new FormatException("a zone beyond 14 hours: quote it, if it is a text");
            return new DateTimeOffset(moment, match.Groups["tz_sign"].Value == "-" ? -offset : offset);
        }
        catch (ArgumentException e)
        {
            throw new FormatException("no such date", e);
        }
    }

    /// <summary>As lenient as Python's: what is not of the alphabet is skipped, what follows the padding is ignored.</summary>
    static byte[] Binary(string text)
    {
        if (!System.Text.Ascii.IsValid(text)) throw new FormatException("not base64");
        var digits = new System.Text.StringBuilder(text.Length);
        int padding = 0;
        foreach (char c in text)
        {
            if (c == '=' && digits.Length % 4 >= 2 && (digits.Length % 4) + ++padding >= 4) break;
            if (c == '=') continue;
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('+' or '/')) continue;
            padding = 0;
            digits.Append(c);
        }
        if (digits.Length % 4 != 0 && (digits.Length % 4) + padding < 4) throw new FormatException("base64 with wrong padding");
        if (digits.Length % 4 == 1) throw new FormatException("base64 with wrong padding");
        return Convert.FromBase64String(digits.ToString().PadRight((digits.Length + 3) / 4 * 4, '='));
    }

    [GeneratedRegex(@"^(?<year>[0-9]{4})-(?<month>[0-9][0-9]?)-(?<day>[0-9][0-9]?)(?:(?:[Tt]|[ \t]+)(?<hour>[0-9][0-9]?):(?<minute>[0-9]{2}):(?<second>[0-9]{2})" +
        @"(?:\.(?<fraction>[0-9]*))?(?:[ \t]*(?<tz>Z|(?<tz_sign>[-+])(?<tz_hour>[0-9][0-9]?)(?::(?<tz_minute>[0-9]{2}))?))?)?$")]
    private static partial Regex Timestamps();
}
