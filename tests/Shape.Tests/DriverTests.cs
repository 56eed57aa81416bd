using System.Text.RegularExpressions;
using VmShepherd.Abstractions;
using VmShepherd.Core.Drivers;

namespace VmShepherd.Shape.Tests;

/// <summary>What every driver brings along.</summary>
public sealed class DriverTests
{
    static readonly Dictionary<string, string> Suites = new(StringComparer.Ordinal)
    {
        [DriverGroup.Iaas] = "IaasDriverConformance",
        [DriverGroup.Presets] = "PresetDriverConformance",
        [DriverGroup.Runtime] = "RuntimeDriverConformance",
        [DriverGroup.Healthcheck] = "HealthcheckDriverConformance",
    };

    static IReadOnlyList<DriverDeclaration> Drivers { get; } = Rule.LooksAt(new DriverRegistry(Repository.Assemblies).Drivers, 5);

    static IReadOnlyList<string> Tests { get; } = Rule.LooksAt(Repository.Files.Where(file => file.StartsWith("tests/", StringComparison.Ordinal) && file.EndsWith(".cs", StringComparison.Ordinal)), 20);

    public static TheoryData<string> Names => [.. Drivers.Select(driver => driver.Name)];

    public static TheoryData<string> NamesWithSuite => [.. Drivers.Where(driver => Suites.ContainsKey(driver.Group)).Select(driver => driver.Name)];

    [Fact]
    public void Every_suite_that_is_published_is_asked_for() =>
        Assert.Equal(Suites.Values.Order(StringComparer.Ordinal), Repository.Assemblies.Single(assembly => assembly.GetName().Name == "VmShepherd.Testing").GetTypes()
            .Where(type => type is { IsAbstract: true, IsPublic: true } && type.Name.EndsWith("Conformance", StringComparison.Ordinal)).Select(type => type.Name).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(NamesWithSuite))]
    public void Every_driver_passes_the_conformance_suite_of_its_contract(string name)
    {
        DriverDeclaration driver = Find(name);
        string suite = Suites[driver.Group];
        Assert.True(Tests.Any(file => Regex.IsMatch(Repository.Read(file), $@":\s*{suite}\b") && IsNamedIn(file, driver)),
            $"{name} has no class in tests/ that derives from {suite} and makes one: derive it, say how to make yours, and inherit every test (docs/checklists/iaas-driver.md).");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_driver_has_tests(string name) =>
        Assert.True(Tests.Any(file => file.StartsWith("tests/Drivers.Tests/", StringComparison.Ordinal) && IsNamedIn(file, Find(name))), $"no file in tests/Drivers.Tests names {name}: test what its page promises.");

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_driver_has_a_page_that_its_settings_lead_to(string name)
    {
        Assert.True(Repository.Exists(PageOf(name)), $"{name} has no page: write {PageOf(name)} with its options, failures and limits.");
        Assert.Contains($"# {name}", Repository.Read(PageOf(name)).Split('\n'));
        Assert.True(MarkdownPage.Open("docs/configuration.md").Links.Contains(PageOf(name)["docs/".Length..]), $"docs/configuration.md does not link to {PageOf(name)}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_option_of_a_driver_is_on_its_page(string name)
    {
        MarkdownPage page = MarkdownPage.Open(PageOf(name));
        Rule.Holds(Find(name).Options.Where(option => page.RowOf(option.Key) is null).Select(option => option.Key),
            $"{page.File} has no row for the option: type, default, bounds, meaning.");
    }

    [Fact]
    public void Every_page_of_a_driver_is_of_a_driver_that_is_there() =>
        Rule.Holds(Repository.Documents.Where(file => file.StartsWith("docs/drivers/", StringComparison.Ordinal) && file != "docs/drivers/write-your-own.md").Except(Drivers.Select(driver => PageOf(driver.Name))),
            "docs/drivers/ has a page of a driver that the program does not have.");

    static DriverDeclaration Find(string name) => Drivers.Single(driver => driver.Name == name);

    static bool IsNamedIn(string file, DriverDeclaration driver) => Regex.IsMatch(Repository.Read(file), $@"\b{driver.Type!.Name}\b");

    /// <summary>OpenStack is one word, whatever its capitals say.</summary>
    static string PageOf(string name) =>
        $"docs/drivers/{Regex.Replace(Regex.Replace(name, "Driver$", "").Replace("OpenStack", "Openstack", StringComparison.Ordinal), "(?<=[a-z])([A-Z])", "-$1").ToLowerInvariant()}.md";
}
