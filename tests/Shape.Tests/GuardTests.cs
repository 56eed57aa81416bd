using System.Reflection;
using System.Text.RegularExpressions;
using VmShepherd.Abstractions;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Safety;

namespace VmShepherd.Shape.Tests;

/// <summary>A guard is a promise: it is written down, it is tested, and it is in force.</summary>
public sealed class GuardTests
{
    static MarkdownPage Page { get; } = MarkdownPage.Open("docs/safety.md");

    public static TheoryData<int> Numbers => [.. Enumerable.Range(1, 20)];

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Every_guard_is_explained(int number) =>
        Assert.True(Regex.IsMatch(Page.Text, $"^### G{number} \\w", RegexOptions.Multiline), $"docs/safety.md has no section '### G{number} NAME': rule, what it holds, reason, release, option, what to do.");

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Every_guard_has_a_test_that_is_named_after_it(int number) =>
        Assert.True(Repository.Files.Any(file => file.StartsWith($"tests/Core.Tests/Safety/G{number:00}", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal)),
            $"no tests/Core.Tests/Safety/G{number:00}*.cs: a guard without a test that goes red without it is a wish (docs/checklists/guard.md).");

    [Fact]
    public void Every_brake_is_in_force()
    {
        IBrake[] inOrder = (IBrake[])typeof(Brakes).GetField("InOrder", BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)!.GetValue(null)!;
        IEnumerable<Type> brakes = Rule.LooksAt(Repository.Core.GetTypes().Where(type => type is { IsAbstract: false, IsInterface: false } && typeof(IBrake).IsAssignableFrom(type)), 8);
        Rule.Holds(brakes.Except(inOrder.Select(brake => brake.GetType())).Select(brake => brake.Name), "A brake that is not in Brakes.InOrder brakes nothing: give it its place there, and say why there.");
        Assert.Equal(inOrder.Length, inOrder.Select(brake => brake.GetType()).Distinct().Count());
    }

    [Fact]
    public void Every_hold_is_explained() =>
        Rule.Holds(Rule.LooksAt(Repository.Catch("src/VmShepherd.Core/", @"new Hold\(""([a-z-]+)"""), 12).Where(hold => Page.RowOf(hold) is null),
            "docs/safety.md's first table has no row for this word behind `held by`: an operator who sees it at night finds nothing.");

    [Fact]
    public void Every_hold_that_is_explained_exists()
    {
        IReadOnlyList<string> holds = Repository.Catch("src/VmShepherd.Core/", @"new Hold\(""([a-z-]+)""");
        Rule.Holds(Page.Rows.Where(row => row.Length == 4 && Regex.IsMatch(row[0], "^`[a-z-]+`$")).Select(row => row[0].Trim('`')).Except(holds), "docs/safety.md explains a hold that nothing makes.");
    }

    [Fact]
    public void Every_failure_of_an_IaaS_has_a_reaction() =>
        Rule.Holds(Enum.GetValues<IaasFailure>().Where(failure => Record.Exception(() => Reactions.To(failure)) is not null).Select(failure => failure.ToString()),
            "Reactions.To answers every kind of failure with what happens next.");

    [Fact]
    public void Every_failure_of_an_IaaS_is_explained_to_authors_of_drivers() =>
        Rule.Holds(Enum.GetNames<IaasFailure>().Where(failure => MarkdownPage.Open("docs/driver-contract.md").RowOf(failure) is null),
            "docs/driver-contract.md has no row for this kind of failure.");
}
