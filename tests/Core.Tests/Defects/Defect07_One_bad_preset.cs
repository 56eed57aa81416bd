using System.Text;
using Core.Tests.Drivers;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using Xunit;

namespace Core.Tests.Defects;

/// <summary>There, one bad preset ended the whole cycle, and of two presets with one name one silently won.</summary>
public sealed class Defect07_One_bad_preset
{
    static readonly Settings Settings = Sample.Good("defaults: {iaas: {driver: SampleCloud, auth_url: http://cloud, password: x}}");

    static PresetSource File(string origin, string text) => new(origin, text, new PresetContent.Yaml(Encoding.UTF8.GetBytes(text)));

    static PresetCatalog Read(params PresetSource[] sources) => new PresetCatalogBuilder(new PresetReader(Sample.Registry, Sample.NoEnvironment))
        .Build(new PresetSnapshot("1", sources), Settings, PresetCatalog.Empty, DateTimeOffset.UnixEpoch);

    [Theory]
    [InlineData("name: [", "2:1")] // bad YAML
    [InlineData("", "1:1")] // an empty file
    [InlineData("name: bad\nimage: a\nflavor: b", "count")] // a missing key
    [InlineData("name: bad\ncount: 1\nimage: a\nflavor: b\niaas: {driver: Nope}", "SampleCloud")] // an unknown driver
    public void Is_named_with_its_mistake_and_hurts_no_other(string text, string said)
    {
        PresetCatalog catalog = Read(File("bad.conf", text), File("good.conf", "name: good\ncount: 1\nimage: a\nflavor: b"));

        Assert.Equal(["good"], catalog.Presets.Keys);
        CatalogProblem problem = Assert.Single(catalog.Problems);
        Assert.Equal("bad.conf", problem.Origin);
        Assert.Contains(said, problem.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("userdata: ~")]
    [InlineData("userdata: '{{ nothing.there }}'")] // an undefined name: nothing is created, and the rest goes on
    [InlineData("network: ~")]
    [InlineData("")]
    public void What_is_empty_or_wrong_in_a_template_only_is_a_preset(string more) =>
        Assert.Equal(["web"], Read(File("web.conf", $"name: web\ncount: 1\nimage: a\nflavor: b\n{more}")).Presets.Keys);

    [Fact]
    public void Of_two_presets_with_one_name_both_are_named()
    {
        PresetCatalog catalog = Read(File("a.conf", "name: web\ncount: 1\nimage: a\nflavor: b"), File("b.conf", "name: web\ncount: 2\nimage: a\nflavor: b"));

        Assert.Equal(1, Assert.Single(catalog.Presets.Values).Count);
        Assert.Equal(["a.conf", "b.conf"], catalog.ProblemsOf("web").Select(problem => problem.Origin));
    }
}
