using System.Text.Json;
using VmShepherd.Abstractions;
using VmShepherd.Core.Drivers;
using VmShepherd.Drivers.Programs;

namespace VmShepherd.Server.Plugins;

/// <summary>A driver that is a program, as its manifest describes it.</summary>
sealed record ProgramDriver
{
    public string Group { get; set; } = "";
    public string Name { get; set; } = "";

    /// <summary>Seconds for one call, from when it is sent.</summary>
    public double Deadline { get; set; } = 30;

    /// <summary>Calls that it takes side by side.</summary>
    public int Parallel { get; set; } = 1;

    /// <summary>Seconds, of an IaaS driver: how long a list may lack a new machine.</summary>
    public double? VisibilityGrace { get; set; }

    public IReadOnlyList<ProgramOption> Options { get; set; } = [];

    /// <exception cref="PluginException">It is not complete.</exception>
    public void Check(string file)
    {
        if (Name.Length == 0) throw new PluginException($"{file}: a driver without 'name'");
        if (!(Deadline is >= 0.1 and <= 600)) throw new PluginException($"{file}: {Name}: 'deadline' is {Deadline}: expected 0.1 to 600 seconds");
        if (Parallel is < 1 or > 1000) throw new PluginException($"{file}: {Name}: 'parallel' is {Parallel}: expected 1 to 1000");
        if (Group == DriverGroup.Iaas && !(VisibilityGrace is >= 0 and <= 86400))
            throw new PluginException($"{file}: {Name}: expected 'visibility_grace', 0 to 86400 seconds: how long after a create the list may lack the machine");
        foreach (ProgramOption? option in Options) (option ?? throw new PluginException($"{file}: {Name}: 'options' has a null: expected an object with 'key' and 'summary'")).Check(file, Name);
    }

    /// <exception cref="InvalidDriverException">The group is unknown, or an option is declared twice.</exception>
    public DriverDeclaration Declare(PluginManifest manifest, IReadOnlyList<string> command, string folder)
    {
        var program = new ProgramDescription(Group, Name, command, folder)
        {
            Environment = manifest.Environment.Select(name => (Name: name, Value: Environment.GetEnvironmentVariable(name)))
                .Where(variable => variable.Value is not null).ToDictionary(variable => variable.Name, variable => variable.Value!, StringComparer.Ordinal),
            Deadline = TimeSpan.FromSeconds(Deadline),
            Parallel = Parallel,
            Memory = manifest.Memory * 1024L * 1024,
            VisibilityGrace = TimeSpan.FromSeconds(VisibilityGrace ?? 0),
        };
        return new DriverDeclaration(
            Group, Name, manifest.Name, [.. Options.Select(option => option.Declare())], NewOptions, (options, context) => program.Create((Dictionary<string, object?>)options, context));
    }

    Dictionary<string, object?> NewOptions() => Options.Where(option => option.Default is not null).ToDictionary(option => option.Key, option => option.DefaultValue(), StringComparer.Ordinal);
}

/// <summary>An option of a program, as its manifest declares it: what <see cref="OptionAttribute"/> says of a property.</summary>
sealed record ProgramOption
{
    static readonly Dictionary<string, Type> Types = new(StringComparer.Ordinal)
    {
        ["text"] = typeof(string),
        ["flag"] = typeof(bool),
        ["integer"] = typeof(long),
        ["number"] = typeof(double),
        ["seconds"] = typeof(TimeSpan),
        ["list"] = typeof(IReadOnlyList<string>),
        ["map"] = typeof(IReadOnlyDictionary<string, string>),
    };

    public string Key { get; set; } = "";
    public string Summary { get; set; } = "";
    public string Type { get; set; } = "text";
    public JsonElement? Default { get; set; }
    public bool Required { get; set; }
    public double? Min { get; set; }
    public double? Max { get; set; }
    public bool Secret { get; set; }
    public bool Endpoint { get; set; }
    public string? Environment { get; set; }
    public IReadOnlyList<string> Aliases { get; set; } = [];

    public void Check(string file, string driver)
    {
        if (Key.Length == 0 || Summary.Length == 0) throw new PluginException($"{file}: {driver}: an option needs 'key' and 'summary'");
        if (Aliases.Any(string.IsNullOrEmpty)) throw new PluginException($"{file}: {driver}: option '{Key}': 'aliases' has an empty one: expected other spellings");
        if (!Types.ContainsKey(Type)) throw new PluginException($"{file}: {driver}: option '{Key}' is of type '{Type}': expected one of {string.Join(", ", Types.Keys)}");
        try
        {
            DefaultValue();
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or FormatException or JsonException or OverflowException or ArgumentException)
        {
            throw new PluginException($"{file}: {driver}: option '{Key}': 'default' is {Default}, which is no {Type}", wrong);
        }
    }

    public object? DefaultValue() => Default is not { } value ? null : Type switch
    {
        "text" => value.GetString(),
        "flag" => value.GetBoolean(),
        "integer" => value.GetInt64(),
        "number" => value.GetDouble(),
        "seconds" => TimeSpan.FromSeconds(value.GetDouble()),
        "list" => value.EnumerateArray().Select(item => item.GetString()!).ToArray(),
        _ => value.EnumerateObject().ToDictionary(item => item.Name, item => item.Value.GetString()!, StringComparer.Ordinal),
    };

    public DriverOption Declare() => new(
        new OptionAttribute(Key, Summary)
        {
            Required = Required,
            Min = Min ?? double.NegativeInfinity,
            Max = Max ?? double.PositiveInfinity,
            Secret = Secret,
            Endpoint = Endpoint,
            Environment = Environment,
            Aliases = [.. Aliases],
        },
        Types[Type],
        options => ((Dictionary<string, object?>)options).GetValueOrDefault(Key),
        (options, value) => ((Dictionary<string, object?>)options)[Key] = value);
}
