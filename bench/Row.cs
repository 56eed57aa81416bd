using System.Globalization;
using System.Text;

namespace Bench;

/// <summary>What was measured round by round.</summary>
sealed record Series(IReadOnlyList<double> Values)
{
    public double Median => Sorted[Values.Count / 2];
    public double Least => Sorted[0];
    public double Most => Sorted[^1];

    double[] Sorted => [.. Values.Order()];

    public override string ToString() =>
        Values.Count == 1 ? Numbers.Short(Median) : $"{Numbers.Short(Median)} [{Numbers.Short(Least)}-{Numbers.Short(Most)}]";
}

enum Bound { AtMost, AtLeast, RatioAtMost }

/// <summary>One line of the table.</summary>
/// <param name="What">In words, with the unit.</param>
/// <param name="Measured">Ours.</param>
/// <param name="Floor">What the machine does at best, in the same rounds; null = there is none for this line.</param>
/// <param name="Bound">How the target is meant.</param>
/// <param name="Target">Null = no target, the figure is for the reader.</param>
sealed record Row(string What, Series Measured, Series? Floor = null, Bound Bound = Bound.AtMost, double? Target = null)
{
    public double? Ratio => Floor is null ? null : Measured.Median / Floor.Median;

    public bool? IsMet => (Target, Bound) switch
    {
        (null, _) => null,
        (_, Bound.AtLeast) => Measured.Median >= Target,
        (_, Bound.RatioAtMost) => Ratio <= Target,
        _ => Measured.Median <= Target,
    };

    public string TargetText => Target is not { } target ? "" : Bound switch
    {
        Bound.AtLeast => $">= {Numbers.Short(target)}",
        Bound.RatioAtMost => $"<= {Numbers.Short(target)} x floor",
        _ => $"<= {Numbers.Short(target)}",
    };
}

static class Numbers
{
    public static string Short(double value) => value.ToString(Math.Abs(value) switch { 0 => "0", < 1 => "0.###", < 100 => "0.##", _ => "#,0" }, CultureInfo.InvariantCulture);
}

static class Table
{
    public static string Of(IReadOnlyList<Row> rows)
    {
        string[][] cells =
        [
            ["what", "measured", "floor", "ratio", "target", "met"],
            .. rows.Select(row => new[] { row.What, $"{row.Measured}", $"{row.Floor}", row.Ratio is { } ratio ? Numbers.Short(ratio) : "", row.TargetText, row.IsMet switch { true => "yes", false => "NO", _ => "" } }),
        ];
        int[] widths = [.. Enumerable.Range(0, cells[0].Length).Select(column => cells.Max(line => line[column].Length))];
        var text = new StringBuilder();
        for (int i = 0; i < cells.Length; i++)
        {
            text.Append("| ").AppendJoin(" | ", cells[i].Select((cell, column) => cell.PadRight(widths[column]))).AppendLine(" |");
            if (i == 0) text.Append('|').AppendJoin('|', widths.Select(width => new string('-', width + 2))).AppendLine("|");
        }

        return text.ToString();
    }
}
