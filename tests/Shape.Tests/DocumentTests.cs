using System.Text.RegularExpressions;

namespace VmShepherd.Shape.Tests;

/// <summary>What the documents name, exists.</summary>
public sealed partial class DocumentTests
{
    static IReadOnlyList<MarkdownPage> Pages { get; } = [.. Rule.LooksAt(Repository.Documents, 15).Select(MarkdownPage.Open)];

    [Fact]
    public void Every_link_leads_somewhere() =>
        Rule.Holds(Pages.SelectMany(page => page.Links
                .Where(link => !link.Contains("://", StringComparison.Ordinal) && !link.StartsWith("mailto:", StringComparison.Ordinal) && !Leads(page.File, link))
                .Select(link => $"{page.File}: {link}")),
            "A link in a document leads to a file of the repository, and its anchor to a heading there.");

    [Fact]
    public void Every_path_exists() =>
        Rule.Holds(Pages.SelectMany(page => page.CodeSpans.Concat(page.BlockLines)
                .SelectMany(code => OwnPath().Matches(code).Select(match => match.Value.TrimEnd('.', ',', '/')))
                .Where(path => !Placeholder().IsMatch(path) && !PathExists(path))
                .Select(path => $"{page.File}: {path}")
                .Distinct()),
            "A path in a document is one of the repository. A placeholder is written in capitals: docs/drivers/NAME.md.");

    [Fact]
    public void Every_make_target_exists()
    {
        HashSet<string> targets = [.. MakeTarget().Matches(Repository.Read("Makefile")).Select(match => match.Groups[1].Value)];
        Rule.Holds(Pages.SelectMany(page => page.CodeSpans.Concat(page.BlockLines)
                .SelectMany(code => MakeCall().Matches(code).Select(match => match.Groups[1].Value))
                .Where(target => !targets.Contains(target))
                .Select(target => $"{page.File}: make {target}")),
            "The Makefile is the only way in: a target that a document names is there.");
    }

    [Fact]
    public void Every_command_exists()
    {
        HashSet<string> commands = [.. Rule.LooksAt(Repository.Catch("src/VmShepherd.Server/Cli/", @"(?:new Command|RemoteCommand\.Create)\(""([a-z-]+)"""), 6)];
        Rule.Holds(Pages.SelectMany(page => page.CodeSpans.Concat(page.BlockLines)
                .SelectMany(code => Command().Matches(code).Select(match => match.Groups[1].Value))
                .Where(command => !commands.Contains(command))
                .Select(command => $"{page.File}: vmshepherd {command}")),
            "A command that a document names is one that the program has.");
    }

    [Fact]
    public void Every_command_is_documented()
    {
        string[] documented = [.. MarkdownPage.Open("docs/operations.md").Rows.Select(row => row[0])];
        Rule.Holds(Repository.Catch("src/VmShepherd.Server/Cli/", @"(?:new Command|RemoteCommand\.Create)\(""([a-z-]+)""")
                .Where(command => !documented.Any(row => Regex.IsMatch(row, $"`vmshepherd ([a-z]+ )?{command}\\b")) && command != "run"),
            "Give the command a row in the table of commands in docs/operations.md.");
    }

    [Fact]
    public void Decision_records_are_numbered_without_a_gap()
    {
        string[] records = [.. Repository.Documents.Where(file => file.StartsWith("docs/decisions/", StringComparison.Ordinal)).Select(Path.GetFileName).OfType<string>()];
        Rule.Holds(Rule.LooksAt(records, 8).Where((record, i) => !record.StartsWith($"{i + 1:0000}-", StringComparison.Ordinal)),
            "Decision records are docs/decisions/NNNN-what.md, counted from 0001; a number is never used twice.");
    }

    [Fact]
    public void Every_page_can_be_reached_from_the_README()
    {
        HashSet<string> reached = ["README.md"];
        for (Queue<string> open = new(reached); open.TryDequeue(out string? file);)
        {
            foreach (string target in MarkdownPage.Open(file).Links.Select(link => Resolve(file, link.Split('#')[0])))
            {
                foreach (string page in Repository.Documents.Where(page => page == target || page.StartsWith(target.TrimEnd('/') + '/', StringComparison.Ordinal)))
                {
                    if (reached.Add(page)) open.Enqueue(page);
                }
            }
        }

        Rule.Holds(Repository.Documents.Where(page => page != "CHANGELOG.md" && !reached.Contains(page)), "Nobody finds a page that no other page links to.");
    }

    static bool Leads(string from, string link)
    {
        string[] parts = link.Split('#', 2);
        string target = parts[0].Length == 0 ? from : Resolve(from, parts[0]);
        if (!Repository.Exists(target)) return false;
        return parts.Length == 1 || (target.EndsWith(".md", StringComparison.Ordinal) && MarkdownPage.Open(target).Anchors.Contains(parts[1]));
    }

    static string Resolve(string from, string link) =>
        Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(from) ?? "", link))).Replace('\\', '/');

    static bool PathExists(string path) => path.Contains('*', StringComparison.Ordinal)
        ? Repository.Files.Concat(Repository.Files.Select(file => Path.GetDirectoryName(file)!.Replace('\\', '/')))
            .Any(file => Regex.IsMatch(file, $"^{Regex.Escape(path).Replace("\\*", "[^/]*", StringComparison.Ordinal)}$"))
        : Repository.Exists(path);

    [GeneratedRegex(@"(?<![\w/.-])(?:src|tests|docs|build|config|scripts|bench|examples|\.ci)/[\w./*-]+")]
    private static partial Regex OwnPath();

    [GeneratedRegex(@"(?<![a-z])(?:NAME|NN+|KIND)(?![a-z])")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"^([a-z][a-z-]*):", RegexOptions.Multiline)]
    private static partial Regex MakeTarget();

    [GeneratedRegex(@"(?:^|[;&] *)make ([a-z][a-z-]*)")]
    private static partial Regex MakeCall();

    [GeneratedRegex(@"(?:^|[\s$/])vmshepherd ([a-z][a-z-]+)")]
    private static partial Regex Command();
}
