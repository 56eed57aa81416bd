using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Core.Tests.Configuration.Fuzzing;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Configuration.Schemas;
using VmShepherd.Core.Configuration.Yaml;
using VmShepherd.Core.Drivers;
using VmShepherd.Drivers.Iaas.Dummy;
using VmShepherd.Drivers.Postgres;
using VmShepherd.Drivers.Sqlite;
using Xunit;

namespace Core.Tests.Configuration.Schemas;

/// <summary>The schema against the reader: what one refuses for its type or bounds, the other one must refuse too.</summary>
public sealed partial class SchemaTests(ITestOutputHelper output)
{
    const string Least = "runtime: {driver: InMemoryDriver}\npresets: {driver: DirectoryDriver, path: presets}\n";
    const string Cloud = Least + "defaults: {iaas: {driver: DummyIaasDriver}}\n";
    const string Web = "name: web\ncount: 3\nimage: debian-12\nflavor: m1.small\n";
    const int Mutations = 3000;

    static readonly DriverRegistry Registry = new(typeof(DummyIaasDriver).Assembly, typeof(PostgresDriver).Assembly, typeof(SqliteDriver).Assembly);
    static readonly JsonObject SettingsSchema = ConfigurationSchema.Settings(Registry);
    static readonly JsonObject PresetSchema = ConfigurationSchema.Preset(Registry);

    static SettingsReading Settings(string text) => SettingsReader.Read(Encoding.UTF8.GetBytes(text), "settings.yaml", Registry, _ => null);

    static PresetReading Preset(string text) =>
        new PresetReader(Registry, _ => null).Read(new PresetSource("web.conf", "r", new PresetContent.Yaml(Encoding.UTF8.GetBytes(text))), Settings(Cloud).Settings!);

    static YamlNode Yaml(string text) => YamlReader.Read(Encoding.UTF8.GetBytes(text), "f").Root ?? throw new InvalidOperationException(text);

    [Fact]
    public async Task Every_example_of_the_repository_fits()
    {
        List<string> settings = [], presets = [];
        foreach (string file in Directory.EnumerateFiles(Root(), "*.yaml", SearchOption.TopDirectoryOnly).Concat(Directory.EnumerateFiles(Path.Combine(Root(), "config"), "*.yaml"))) settings.Add(File.ReadAllText(file));
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Root(), "config", "presets"), "*.conf")) presets.Add(File.ReadAllText(file));
        // Whoever writes a driver has a schema with that driver, which is not here.
        foreach (string page in Directory.EnumerateFiles(Path.Combine(Root(), "docs"), "*.md", SearchOption.AllDirectories).Where(page => !page.EndsWith("write-your-own.md", StringComparison.Ordinal)))
        {
            foreach (string block in Block().Matches(File.ReadAllText(page)).Select(m => m.Groups[1].Value))
            {
                // Pages show parts: what is required beside them is put in front, and what the part says itself wins.
                if (Yaml(block) is not YamlMapping mapping) continue;
                bool isSettings = mapping.Entries.All(e => SettingsTable.All.Names.Contains(e.Name));
                (isSettings ? settings : presets).Add((isSettings ? Least : Web) + block);
            }
        }

        Assert.All(await JsonSchema.ValidateAsync(SettingsSchema, settings.Select(Yaml)), verdict => Assert.Equal("good", verdict));
        Assert.All(await JsonSchema.ValidateAsync(PresetSchema, presets.Select(Yaml)), verdict => Assert.Equal("good", verdict));
        Assert.True(settings.Count > 5 && presets.Count > 5, $"{settings.Count}, {presets.Count}");
    }

    [Fact]
    public async Task Template_variables_unknown_options_and_all_spellings_fit()
    {
        string[] good =
        [
            Web + "role: http\nanything: [1, {a: b}]\n",
            Web + "iaas: {driver: DummyIaasDriver, api_key: x}\n",
            Web + "healthcheck: {terminate_heatlh_failed_delay: 5, terminate_health_failed_delay: -1}\nmax_dead: 30%\nmax_vanished: 0.3\nnetwork: {subnet: a, subnets: [{net-id: 1}, b]}\n",
            "name: 7\ncount: 0\nunmanaged: true\n",
            "name: web\ncount: 1\nimage: a\nflavour: b\nuserdata: ~\n",
        ];
        Assert.All(good, text => Assert.NotNull(Preset(text).Preset));
        Assert.All(await JsonSchema.ValidateAsync(PresetSchema, good.Select(Yaml)), verdict => Assert.Equal("good", verdict));
    }

    static readonly string[] WrongSettings =
    [
        "worker_interval: fast", "worker_interval: -1", "log_level: loud", "http: 3", "http: {listen_port: 99999}", "http: {access: some}", "http: {access: {}}", "http: {access: {tokens: []}}",
        "http: {access: {tokens: [{name: a, file: b}]}}", "http: {access: {tokens: [{name: a, file: b, role: admin}]}}", "http: {api: {allowed_methods: list_vms}}", "canaries: [ftp://a/]", "self_suspicion: 40",
        "end_budget: -1", "metrics: {per_preset: maybe}", "runtime: {driver: Nowhere}", "runtime: ~", "presets: {driver: DirectoryDriver}", "presets: {driver: DirectoryDriver, path: [a]}",
        "defaults: {iaas: {driver: DummyIaasDriver, serve_http: 0}}", "defaults: {healthcheck: {driver: HttpHealthcheck, port: x}}", "defaults: {iaas: {visibility_grace: -1}}", "defaults: []",
    ];

    static readonly string[] WrongPresets =
    [
        "name: ~", "name: ''", "name: ' a'", "name: [a]", "count: ~", "count: '3'", "count: -1", "count: 10001", "count: 1.5", "image: ~", "image: {a: b}", "flavor: [b]", "userdata: {a: b}", "key_name: []",
        "meta_tags: [a]", "network: a", "network: {security_groups: a}", "network: {security_groups: [[a]]}", "network: {subnets: [{id: 1}]}", "iaas: a", "iaas: {driver: Nova}", "iaas: {driver: ~}",
        "iaas: {driver: DummyIaasDriver, lost_requests: 2}", "healthcheck: {driver: HttpHealthcheck, check_status: 20}", "healthcheck: {terminate_health_failed_delay: never}", "manage_interval: -1",
        "manage_interval: 1000000000", "manage_expire: soon", "unmanaged: maybe", "scale_in: random", "max_dead: 40", "max_dead: 140 %", "previous_names: old", "panel_links: {a: 'javascript:alert(1)'}", "panel_links: [a]",
    ];

    [Fact]
    public async Task Wrong_settings_are_refused_by_both()
    {
        string[] texts = [.. WrongSettings.Select(line => Least + line + "\n")];
        Assert.All(texts, text => Assert.True(Settings(text).Settings is null, text));
        string[] verdicts = await JsonSchema.ValidateAsync(SettingsSchema, texts.Select(Yaml));
        Assert.Empty(texts.Zip(verdicts).Where(t => t.Second == "good").Select(t => t.First));
    }

    [Fact]
    public async Task Wrong_presets_are_refused_by_both()
    {
        string[] texts = [.. WrongPresets.Select(line => Web + line + "\n")];
        Assert.All(texts, text => Assert.True(Preset(text).Preset is null, text));
        string[] verdicts = await JsonSchema.ValidateAsync(PresetSchema, texts.Select(Yaml));
        Assert.Empty(texts.Zip(verdicts).Where(t => t.Second == "good").Select(t => t.First));
    }

    [Fact]
    public async Task What_the_reader_refuses_of_any_value_of_any_key_the_schema_refuses_and_what_it_takes_fits()
    {
        string[] values =
        [
            "3", "-1", "0", "1", "1.5", "0.25", "'3'", "true", "no", "~", "[]", "{}", "[a, b]", "[a, ~]", "[a, [b]]", "{a: b}", "{a: [b]}", "40 %", "'7%'", "140 %", "' 5 % '", "-5 %", "'%'", "20000", "1000000000",
            "400000000000", "-400000000000", "web", "none", "newest", "http://a/b", "ssh://a", "{x: http://a}", "''", "' a'", "a b", "file://x", "2026-01-31", "1e3", "debug", "9999999999999999999999",
        ];
        string[] ends = [.. PresetTable.All.Names, .. PresetTable.Network.Names.Select(k => "network." + k), "network.subnets.net-id", "iaas.visibility_grace", .. PresetTable.Healthcheck.Names.Select(k => "healthcheck." + k),
            .. Registry.Drivers.Where(d => d.Group is DriverGroup.Iaas or DriverGroup.Healthcheck).SelectMany(d => d.Options.Select(o => $"{(d.Group == DriverGroup.Iaas ? "iaas" : "healthcheck")}.driver={d.Name}.{o.Key}"))];

        (int first, int count) = Seeds.Of("VMSHEPHERD_SCHEMA", Mutations);
        output.WriteLine($"seeds {first} to {first + count - 1}");
        string[] texts = [.. Enumerable.Range(first, count).Select(Text)];
        string[] verdicts = await JsonSchema.ValidateAsync(PresetSchema, texts.Select(Yaml));
        List<string> failures = [];
        for (int i = 0; i < texts.Length; i++)
        {
            PresetReading reading = Preset(texts[i]);
            bool fits = verdicts[i] == "good", refused = reading.Preset is null, warned = reading.Diagnostics.Any(d => d.Severity == Severity.Warning);
            if (refused ? fits : !warned && !fits)
                failures.Add($"{texts[i]}reader: {(reading.Preset is null ? string.Join("; ", reading.Diagnostics) : "good")}\nschema: {verdicts[i]}\n{Seeds.Again(first + i)}");
        }
        Assert.True(failures.Count == 0, $"{failures.Count} of {count}\n" + string.Join("\n\n", failures.Take(15)));

        string Text(int seed)
        {
            var random = new Random(seed);
            var text = new StringBuilder();
            Dictionary<string, string> top = new() { ["name"] = "web", ["count"] = "3", ["image"] = "debian-12", ["flavor"] = "m1.small" };
            for (int changes = 1 + random.Next(3); changes > 0; changes--)
            {
                string[] path = ends[random.Next(ends.Length)].Split('.');
                string value = values[random.Next(values.Length)];
                // A number in quotes is read by drivers' options; a pattern can't know its bounds.
                if (path is [_, ['d', 'r', 'i', 'v', 'e', 'r', '=', ..], _] && value.StartsWith('\'')) value = "3";
                for (int i = path.Length - 1; i > 0; i--) value = path[i].StartsWith("driver=", StringComparison.Ordinal) ? $"{{driver: {path[i][7..]}, {value[1..]}" : $"{{{path[i]}: {value}}}";
                top[path[0]] = value;
            }
            foreach ((string key, string value) in top) text.Append($"{key}: {value}\n");
            return text.ToString();
        }
    }

    static string Root()
    {
        string directory = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(directory, "VmShepherd.slnx"))) directory = Path.GetDirectoryName(directory)!;
        return directory;
    }

    [GeneratedRegex("```yaml\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
