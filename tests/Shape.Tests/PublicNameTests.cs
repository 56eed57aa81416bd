using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using VmShepherd.Core.Status;

namespace VmShepherd.Shape.Tests;

/// <summary>Names and numbers that scripts, dashboards and alerts rely on: each is documented, and none is used twice.</summary>
public sealed class PublicNameTests
{
    static MarkdownPage Operations { get; } = MarkdownPage.Open("docs/operations.md");

    static MarkdownPage Api { get; } = MarkdownPage.Open("docs/api.md");

    static IReadOnlyList<(string Where, LoggerMessageAttribute Line)> LogLines { get; } = Rule.LooksAt(Repository.Assemblies
        .SelectMany(assembly => assembly.GetTypes())
        .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
        .Select(method => ($"{method.DeclaringType!.FullName}.{method.Name}", method.GetCustomAttribute<LoggerMessageAttribute>()!))
        .Where(method => method.Item2 is not null), 20);

    [Fact]
    public void Every_method_of_the_API_is_documented_with_its_role()
    {
        IEnumerable<string> methods = Rule.LooksAt(Repository.Catch("src/VmShepherd.Server/Api/", @"new\((""[a-z_]+"", Writes: (?:true|false))"), 10);
        Rule.Holds(methods.Select(method => (Name: method.Split('"')[1], Role: method.EndsWith("true", StringComparison.Ordinal) ? "write" : "read"))
                .Where(method => Api.RowOf(method.Name) is not { } row || row[1] != method.Role)
                .Select(method => $"{method.Name}, role {method.Role}"),
            "docs/api.md has no row for this method with this role.");
    }

    [Fact]
    public void Every_path_that_is_answered_is_documented() =>
        Rule.Holds(Rule.LooksAt(Repository.Catch("src/VmShepherd.Server/", @"\.Map\w+\(""([^""]+)"""), 6)
                .Where(path => !Api.CodeSpans.Any(code => code.EndsWith(' ' + path, StringComparison.Ordinal))),
            "docs/api.md does not name this path.");

    [Fact]
    public void Every_code_of_an_error_is_documented() =>
        Rule.Holds(Rule.LooksAt(Repository.Catch("src/VmShepherd.Server/Api/", @"= (-32\d{3});"), 5).Where(code => Api.RowOf(code) is null), "docs/api.md has no row for this code.");

    [Fact]
    public void Every_metric_is_documented() =>
        Rule.Holds(Metrics().Where(metric => Operations.RowOf(metric) is null), "docs/operations.md has no row for this metric: kind, labels, meaning.");

    [Fact]
    public void Every_documented_metric_exists() =>
        Rule.Holds(Repository.Documents.SelectMany(file => Regex.Matches(Repository.Read(file), @"\bvmshepherd_[a-z_]+[a-z](?=[`{])").Select(match => match.Value))
                .Distinct().Except(Metrics()).Where(name => !Metadata().Contains(name)),
            "A document names a metric that nothing counts.");

    [Fact]
    public void A_number_of_a_log_line_is_used_once() =>
        Rule.Holds(LogLines.GroupBy(line => line.Line.EventId).Where(same => same.Count() > 1).Select(same => $"{same.Key}: {string.Join(", ", same.Select(line => line.Where))}"),
            "Operators alert on numbers: each belongs to one line, for ever. Take the next free one.");

    [Fact]
    public void Every_log_line_is_documented_with_its_level() =>
        Rule.Holds(LogLines.Where(line => Operations.RowOf(Number(line.Line)) is not { } row || !row[1].Equals(line.Line.Level.ToString(), StringComparison.OrdinalIgnoreCase))
                .Select(line => $"{line.Line.EventId} {line.Line.Level}: {line.Where}"),
            "docs/operations.md has no row for this number with this level: what it says, what to do.");

    [Fact]
    public void Every_documented_log_line_exists() =>
        Rule.Holds(Operations.Rows.Select(row => row[0]).Where(cell => Regex.IsMatch(cell, @"^\d{4}$")).Except(LogLines.Select(line => Number(line.Line))),
            "docs/operations.md documents a number that no line has.");

    [Fact]
    public void Every_outcome_of_a_cycle_is_documented() =>
        Rule.Holds(Enum.GetNames<CycleOutcome>().Select(name => Regex.Replace(name, "(?<!^)([A-Z])", "_$1").ToLowerInvariant()).Where(name => !Operations.CodeSpans.Contains(name)),
            "docs/operations.md does not name this outcome, which is a value of the label `status`.");

    [Fact]
    public void Every_exit_code_is_documented() =>
        Rule.Holds(Rule.LooksAt(Repository.Catch("src/VmShepherd.Server/ExitCode.cs", @"const int \w+ = (\d+);"), 5).Where(code => Operations.RowOf(code) is null), "docs/operations.md has no row for this exit code.");

    static IReadOnlyList<string> Metrics() => Rule.LooksAt(Repository.Catch("src/", @"Create(?:Observable)?(?:Counter|UpDownCounter|Gauge|Histogram)(?:<\w+>)?\(""([a-z_]+)"""), 8);

    static string[] Metadata() => [.. typeof(VmShepherd.Abstractions.VmMetadata).GetFields().Select(field => (string)field.GetRawConstantValue()!)];

    static string Number(LoggerMessageAttribute line) => line.EventId.ToString(CultureInfo.InvariantCulture);
}
