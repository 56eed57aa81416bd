using System.Text.Json;

namespace VmShepherd.Server.Plans;

/// <summary>The plan for people: one line a preset, then what is planned, held back and wrong.</summary>
static class PlanTable
{
    public static void Write(TextWriter output, JsonElement document)
    {
        List<JsonElement> presets = [.. document.GetProperty("presets").EnumerateArray()];
        string[][] rows =
        [
            ["PRESET", "DESIRED", "PRESENT", "CREATE", "TERMINATE", "OUTCOME"],
            .. presets.Select(preset => new[]
            {
                Text(preset, "name"), Text(preset, "desired"), Text(preset, "present"),
                Count(preset, "create"), Count(preset, "terminate"), Text(preset, "outcome"),
            }),
        ];
        int[] widths = [.. Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows) output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        foreach (JsonElement preset in presets) WriteDetails(output, preset);
    }

    static void WriteDetails(TextWriter output, JsonElement preset)
    {
        string name = Text(preset, "name");
        foreach (JsonElement step in preset.GetProperty("steps").EnumerateArray())
        {
            string what = Text(step, "kind") == "create" ? $"create {Text(step, "count")}" : $"terminate {Text(step, "vm")}";
            output.WriteLine($"{name}: {what}: {Text(step, "reason")}");
        }

        foreach (JsonElement hold in preset.GetProperty("held").EnumerateArray())
            output.WriteLine($"{name}: held by {Text(hold, "brake")} since {Text(hold, "since")}: {Text(hold, "reason")}");
        foreach (JsonElement note in preset.GetProperty("notes").EnumerateArray())
            output.WriteLine($"{name}: note: {Line(note.ToString())}");
        foreach (JsonElement problem in preset.GetProperty("problems").EnumerateArray())
            output.WriteLine($"{name}: problem: {Line(problem.ToString())}");
    }

    static string Count(JsonElement preset, string kind) => preset.GetProperty("steps").EnumerateArray()
        .Where(step => Text(step, "kind") == kind)
        .Sum(step => step.GetProperty("count").GetInt32())
        .ToString(System.Globalization.CultureInfo.InvariantCulture);

    static string Text(JsonElement element, string property) => Line(element.GetProperty(property).ToString());

    /// <summary>Names come from files and clouds: they do not move the cursor of whoever looks.</summary>
    static string Line(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
