using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Configuration.Yaml;
using VmShepherd.Core.Drivers;
using VmShepherd.Drivers.Iaas.Dummy;
using VmShepherd.Drivers.Postgres;
using VmShepherd.Drivers.Sqlite;
using Xunit;

namespace Core.Tests.Configuration.Fuzzing;

/// <summary>
/// Spoilt documents through everything that reads them, with the drivers that come with the program. <c>VMSHEPHERD_FUZZ</c> says how many to try
/// (<c>make fuzz</c>: a million), <c>VMSHEPHERD_SEED</c> replays one.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    const int Documents = 20_000;
    const int EnoughFailures = 10;

    /// <summary>Longer messages nobody reads; a file can't make them grow.</summary>
    const int LongestLine = 4096;

    static readonly DriverRegistry Registry = new(typeof(DummyIaasDriver).Assembly, typeof(PostgresDriver).Assembly, typeof(SqliteDriver).Assembly);
    static readonly Settings Plain = SettingsReader.Read(Corpus.Documents[0].AsSpan(), "settings.yaml", Registry, _ => null).Settings!;

    [Fact]
    public async Task No_bytes_break_the_readers_and_the_work_is_bounded()
    {
        (int first, int count) = Seeds.Of("VMSHEPHERD_FUZZ", Documents);
        output.WriteLine($"seeds {first} to {first + count - 1}");
        int partitions = Math.Min(Environment.ProcessorCount, count);
        string[][] failures = await Task.WhenAll(Enumerable.Range(0, partitions).Select(p =>
            Task.Run(() => Run(first + p, first + count, partitions).Take(EnoughFailures).ToArray(), TestContext.Current.CancellationToken)));
        Assert.True(failures.All(f => f.Length == 0), string.Join("\n\n", failures.SelectMany(f => f)));
    }

    static IEnumerable<string> Run(int first, int end, int step)
    {
        for (int seed = first; seed < end; seed += step)
        {
            string? problem = null;
            try
            {
                Check(Mutation.Of(seed));
            }
#pragma warning disable CA1031 // Whatever comes out is what is looked for.
            catch (Exception e)
#pragma warning restore CA1031
            {
                problem = $"{e}\n{Seeds.Again(seed)}";
            }
            if (problem is not null) yield return problem;
        }
    }

    static void Check(byte[] document)
    {
        YamlReading yaml = YamlReader.Read(document, "f");
        Check(yaml.Root is not null, yaml.Diagnostics, "f");
        // Two empty nodes in two characters is the most that YAML packs; everything else is bounded by what aliases and merges may add.
        Assert.InRange(yaml.Work.Nodes, 0, (2 * document.Length) + 2);
        Assert.InRange(yaml.Work.Aliased, 0, YamlComposer.MaxAliased + yaml.Work.Nodes);
        Assert.InRange(yaml.Work.Merged, 0, YamlComposer.MaxAliased + yaml.Work.Nodes);
        Assert.InRange(yaml.Work.AliasedText, 0, YamlComposer.MaxAliasedText + document.Length);

        SettingsReading settings = SettingsReader.Read(document, "settings.yaml", Registry, _ => null);
        Check(settings.Settings is not null, settings.Diagnostics, "settings.yaml");
        PresetReading preset = new PresetReader(Registry, _ => null).Read(new PresetSource("web.conf", "r", new PresetContent.Yaml(document)), settings.Settings ?? Plain);
        Check(preset.Preset is not null, preset.Diagnostics, "web.conf");
        if (yaml.Root is not YamlMapping mapping) return;

        using var hash = new ContentHash();
        hash.AddPlain(YamlPlain.Of(mapping)).Finish(16);
        PresetReading again = new PresetReader(Registry, _ => null).Read(new PresetSource("row", "r", new PresetContent.Document(YamlPlain.Named(mapping))), Plain);
        Assert.Equal(again.Preset is null, again.Diagnostics.Any(d => d.Severity == Severity.Error));
    }

    /// <summary>No error without a reason, each in its place, on one line.</summary>
    static void Check(bool isGood, IReadOnlyList<Diagnostic> diagnostics, string file)
    {
        Assert.Equal(!isGood, diagnostics.Any(d => d.Severity == Severity.Error));
        Assert.InRange(diagnostics.Count, 0, DiagnosticList.Max + 1);
        foreach (Diagnostic diagnostic in diagnostics)
        {
            Assert.True(diagnostic is { Line: >= 1, Column: >= 1 } || (diagnostic.File != file && file == "web.conf"), diagnostic.ToString());
            string line = diagnostic.ToString();
            Assert.True(line.Length <= LongestLine && !line.Any(char.IsControl), line);
        }
    }
}
