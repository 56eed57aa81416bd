namespace VmShepherd.Shape.Tests;

/// <summary>What a reader can take in at once.</summary>
public sealed class SizeTests
{
    const int LongestFile = 400, LongestMember = 70;

    static readonly string[] Vague = ["Util", "Utils", "Utility", "Utilities", "Helper", "Helpers", "Manager", "Common", "Misc", "Base"];

    [Fact]
    public void A_file_has_at_most_400_lines() =>
        Rule.Holds(Rule.LooksAt(Repository.Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal)), 100)
            .Select(file => (File: file, Lines: Repository.Read(file).Count(c => c == '\n')))
            .Where(file => file.Lines > LongestFile)
            .Select(file => $"{file.File}: {file.Lines} lines"),
            $"A file of more than {LongestFile} lines holds more than one thought: find the second one, and give it a file and a name.");

    [Fact]
    public void A_member_has_at_most_70_lines() =>
        Rule.Holds(Rule.LooksAt(Repository.Sources.SelectMany(file => Members.In(Repository.Read(file)).Select(member => (File: file, Member: member))), 500)
            .Where(found => found.Member.Lines > LongestMember)
            .Select(found => $"{found.File}:{found.Member.Line}: {found.Member.Lines} lines: {found.Member.Header}"),
            $"A method of more than {LongestMember} lines is read twice and understood once: name its steps.");

    [Fact]
    public void A_name_says_what_it_is() =>
        Rule.Holds(Repository.Sources.Where(file => Vague.Any(word => Path.GetFileNameWithoutExtension(file).EndsWith(word, StringComparison.Ordinal))
                || file.Split('/').Any(folder => Vague.Contains(folder))),
            "Utils, helpers and managers are where things go that nobody has named: say what it is.");

    [Fact]
    public void The_counter_of_lines_counts_a_known_source_right()
    {
        const string Code = """"
            namespace N;

            /// <summary>A { brace in a comment, and a ' too.</summary>
            enum Kind { One, Two }

            record struct Pair(int A, int B);

            class C(int x) : D<int> where T : class
            {
                int[] _field = [1, 2, 3];

                public string Text { get; init; } = "a { brace";

                public int Long
                {
                    get { return 1; }
                    set { }
                }

                [Fact]
                public void Three()
                { var a = new { X = '{', Y = $"{(x > 0 ? "}" : "{{")} and {x:0.#}", Z = @"\" };
                }

                public int Expression(int a = 3) => a switch
                {
                    1 => 2,
                    _ => new List<int> { 1, 2 }.Count,
                };

                static bool operator ==(C a, C b) { return true; }

                string Raw() => """
                    a { brace "
                    """;

                sealed class Inner { void M() { } }
            }
            """";

        Assert.Equal(
            ["10+1 int[] _field", "12+1 public string Text", "14+5 public int Long", "20+4 [Fact]", "25+5 public int Expression", "31+1 static bool operator", "33+3 string Raw", "37+1 void M"],
            Members.In(Code).Select(member => $"{member.Line}+{member.Lines} {FirstWords(member.Header)}"));
    }

    static string FirstWords(string header) => header.Split(" public")[0].Split('(', '{', '=')[0].Trim();
}
