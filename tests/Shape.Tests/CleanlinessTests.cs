using System.Text.RegularExpressions;

namespace VmShepherd.Shape.Tests;

/// <summary>What must not lie around.</summary>
public sealed class CleanlinessTests
{
    static readonly string[] Texts = [".cs", ".csproj", ".props", ".slnx", ".md", ".yaml", ".yml", ".conf", ".json", ".txt", ".sh", ".py", ".sql", ""];

    /// <summary>Everything but this file, which has to name what it looks for.</summary>
    static IReadOnlyList<string> Files { get; } = Rule.LooksAt(Repository.Files
        .Where(file => Texts.Contains(Path.GetExtension(file)) && !file.EndsWith("packages.lock.json", StringComparison.Ordinal) && !file.EndsWith($"/{nameof(CleanlinessTests)}.cs", StringComparison.Ordinal)), 100);

    [Fact]
    public void Nothing_depends_on_the_machine_it_was_written_on() =>
        Rule.Holds(Find(@"(?<![\w.>])/work/|(?<![\w.])/root/|(?<![\w.])/home/\w").Concat(Find(@"\.\./shared\b").Where(hit => !hit.StartsWith(".ci/run", StringComparison.Ordinal))),
            "The repository stands alone: no path of anybody's machine, and nothing beside it.");

    [Fact]
    public void Nothing_is_left_for_later() =>
        Rule.Holds(Find(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException"),
            "Do it, or open an issue: a note in the code is read by nobody who could do it.");

    [Fact]
    public void Nothing_sleeps_on_a_clock_that_a_test_cannot_move() =>
        Rule.Holds(Find(@"\bThread\.Sleep\(|\bTask\.Delay\((?![^;]*([Tt]ime\b|TimeProvider|[Cc]lock))", "src/"),
            "Time is injected: the overload with a TimeProvider and a token.");

    [Fact]
    public void No_test_is_switched_off() =>
        Rule.Holds(Find(@"\[(Fact|Theory)\([^)]*Skip\s*="), "A test that is skipped says nothing and looks like one that passed: mend it or remove it.");

    [Fact]
    public void The_core_stays_on_the_thread_that_the_simulation_gives_it() =>
        Rule.Holds(Find(@"\bConfigureAwait\(false\)|\bTask\.Run\(|\bParallel\.", "src/VmShepherd.Core/"),
            "A deterministic simulation drives the core on one thread: no ConfigureAwait(false), no Task.Run, no Parallel.");

    [Fact]
    public void No_exception_is_swallowed_without_a_word() =>
        Rule.Holds(Repository.Sources.SelectMany(file => Regex.Matches(SourceText.Blank(Repository.Read(file)), @"catch[^{;]*\{\s*\}")
                .Where(match => Repository.Read(file)[match.Index..(match.Index + match.Length)].Contains("//", StringComparison.Ordinal) is false)
                .Select(match => $"{file}: {match.Value.ReplaceLineEndings(" ")}")),
            "An empty catch says why nothing has to be done, or does something.");

    static IEnumerable<string> Find(string pattern, string folder = "") => Files
        .Where(file => file.StartsWith(folder, StringComparison.Ordinal))
        .SelectMany(file => Repository.Read(file).Split('\n')
            .Select((line, i) => (Line: line, Number: i + 1))
            .Where(line => Regex.IsMatch(line.Line, pattern))
            .Select(line => $"{file}:{line.Number}: {line.Line.Trim()}"));
}
