using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using VmShepherd.Core;

namespace VmShepherd.Shape.Tests;

/// <summary>Who may know whom.</summary>
public sealed class LayeringTests
{
    static readonly Type[] Effects =
        [typeof(Task), typeof(Task<>), typeof(ValueTask), typeof(ValueTask<>), typeof(CancellationToken), typeof(TimeProvider), typeof(SteadyClock), typeof(Random), typeof(ILogger), typeof(ILogger<>), typeof(ILoggerFactory)];

    [Fact]
    public void The_driver_SDK_depends_on_nothing() =>
        Rule.Holds(Unwelcome("VmShepherd.Abstractions", "System."), "Driver authors get VmShepherd.Abstractions alone: no other assembly may come with it.");

    [Fact]
    public void The_core_knows_no_driver_no_web_and_no_database() =>
        Rule.Holds(Unwelcome("VmShepherd.Core", "System.", "Microsoft.Extensions.Logging.Abstractions", "SharpYaml", "VmShepherd.Abstractions")
            .Concat(Repository.Core.GetReferencedAssemblies().Select(name => name.Name!).Where(name => name.StartsWith("System.Data", StringComparison.Ordinal))),
            "The core decides for every driver: what it needs of one belongs into a contract, what it needs of the web into the server.");

    [Fact]
    public void Drivers_see_neither_the_core_nor_the_server() =>
        Rule.Holds(Repository.Assemblies.Where(assembly => assembly.GetName().Name!.StartsWith("VmShepherd.Drivers", StringComparison.Ordinal))
            .SelectMany(assembly => assembly.GetReferencedAssemblies().Select(name => name.Name!)
                .Where(name => name.StartsWith("VmShepherd", StringComparison.OrdinalIgnoreCase) && name != "VmShepherd.Abstractions")
                .Select(name => $"{assembly.GetName().Name} references {name}")),
            "A driver that comes with the program is like anybody's: it sees VmShepherd.Abstractions and nothing else of ours.");

    [Fact]
    public void No_driver_sees_another_driver()
    {
        var drivers = Rule.LooksAt(Repository.Sources
            .Select(file => (File: file, Folder: Regex.Match(file, "^src/VmShepherd\\.Drivers[^/]*/(\\w+/\\w+)/").Groups[1].Value))
            .Where(source => source.Folder.Length > 0)
            .Select(source => (source.File, source.Folder, Namespace: Regex.Match(Repository.Read(source.File), "^namespace ([\\w.]+);", RegexOptions.Multiline).Groups[1].Value)), 10);
        var folders = drivers.GroupBy(source => source.Folder).ToDictionary(folder => folder.Key, folder => folder.First().Namespace);
        Rule.Holds(drivers.SelectMany(source => folders
                .Where(other => other.Key != source.Folder && !source.Namespace.StartsWith(other.Value, StringComparison.Ordinal))
                .Where(other => Regex.IsMatch(Repository.Read(source.File), $"\\b{Regex.Escape(other.Value)}\\b"))
                .Select(other => $"{source.File} names {other.Value}")),
            "Drivers come and go one by one: what two of them need belongs into each, or into VmShepherd.Abstractions.");
    }

    [Fact]
    public void Only_the_command_that_tries_drivers_knows_a_test_framework()
    {
        Rule.Holds(Repository.Assemblies.Where(assembly => assembly.GetName().Name is not ("VmShepherd.Testing" or "vmshepherd"))
                .SelectMany(assembly => assembly.GetReferencedAssemblies().Select(name => name.Name!)
                    .Where(name => name.StartsWith("xunit", StringComparison.Ordinal) || name == "VmShepherd.Testing")
                    .Select(name => $"{assembly.GetName().Name} references {name}")),
            "VmShepherd.Testing carries xunit and is for driver authors: of what is shipped, `vmshepherd drivers test` alone may use it.");
        Rule.Holds(Repository.Sources.Where(file => file.StartsWith("src/VmShepherd.Server/", StringComparison.Ordinal) && !file.StartsWith("src/VmShepherd.Server/Conformance/", StringComparison.Ordinal))
                .Where(file => Regex.IsMatch(Repository.Read(file), @"\busing (Xunit|VmShepherd\.Testing)\b")),
            "The suites are loaded by src/VmShepherd.Server/Conformance/ and nobody else: a service that runs never loads them.");
    }

    [Fact]
    public void Nobody_references_the_executable() =>
        Rule.Holds(Repository.Files.Where(file => file.StartsWith("src/", StringComparison.Ordinal) && file.EndsWith(".csproj", StringComparison.Ordinal))
            .Where(file => Repository.Read(file).Contains("VmShepherd.Server.csproj", StringComparison.Ordinal)),
            "The server is the composition root: it references everybody, and nobody it.");

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = Repository.Read("VmShepherd.slnx");
        // Examples and what a template makes are built as strangers build them, against the packages.
        Rule.Holds(Rule.LooksAt(Repository.Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal) && !file.StartsWith("examples/", StringComparison.Ordinal) && !file.StartsWith("templates/content/", StringComparison.Ordinal)), 5).Where(file => !solution.Contains(file, StringComparison.Ordinal)),
            "`make build` and `make test` build VmShepherd.slnx: a project that is not in it is not built.");
    }

    [Fact]
    public void Planning_and_safety_know_no_task_no_clock_and_no_logger() =>
        Rule.Holds(PureTypes().SelectMany(type => Mentioned(type).Where(mentioned => Effects.Any(effect => IsOf(mentioned.Type, effect)))
                .Select(mentioned => $"{type.FullName}.{mentioned.Member} mentions {mentioned.Type.Name}")),
            "Deciding and doing are different code: Planning/ and Safety/ are synchronous, take `now`, and touch nothing. Do it in Loop/, and hand over what came of it.");

    [Fact]
    public void Planning_and_safety_hold_no_state_between_calls() =>
        Rule.Holds(PureTypes().SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
                .Where(field => field is { IsInitOnly: false, IsLiteral: false } && field.GetCustomAttribute<CompilerGeneratedAttribute>() is null && !field.Name.StartsWith('<'))
                .Where(_ => !typeof(System.Text.Json.Serialization.JsonSerializerContext).IsAssignableFrom(type))
                .Select(field => $"{type.FullName}.{field.Name}")),
            "A pure decider has nothing static that changes: what must be remembered is in the History.");

    static IEnumerable<Type> PureTypes() => Rule.LooksAt(Repository.Core.GetTypes()
        .Where(type => type.Namespace is "VmShepherd.Core.Planning" or "VmShepherd.Core.Safety"), 20);

    static IEnumerable<string> Unwelcome(string assembly, params string[] welcome) =>
        Repository.Assemblies.Single(candidate => candidate.GetName().Name == assembly).GetReferencedAssemblies().Select(name => name.Name!)
            .Where(name => !Array.Exists(welcome, prefix => name.StartsWith(prefix, StringComparison.Ordinal)))
            .Select(name => $"{assembly} references {name}");

    /// <summary>Every type that stands in a type's own members, private ones and those of its lambdas among them.</summary>
    static IEnumerable<(string Member, Type Type)> Mentioned(Type type)
    {
        const BindingFlags Own = BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
        foreach (FieldInfo field in type.GetFields(Own)) yield return (field.Name, field.FieldType);
        foreach (MethodBase method in type.GetMembers(Own).OfType<MethodBase>())
        {
            if (method is MethodInfo { ReturnType: var answer }) yield return (method.Name, answer);
            foreach (ParameterInfo parameter in method.GetParameters()) yield return (method.Name, parameter.ParameterType);
            foreach (LocalVariableInfo local in method.GetMethodBody()?.LocalVariables ?? []) yield return (method.Name, local.LocalType);
        }
    }

    static bool IsOf(Type type, Type effect) =>
        (type.IsGenericType && !type.IsGenericTypeDefinition ? type.GetGenericTypeDefinition() : type) == effect
        || effect.IsInterface && !effect.IsGenericTypeDefinition && effect.IsAssignableFrom(type)
        || (type.HasElementType && IsOf(type.GetElementType()!, effect))
        || (type.IsGenericType && type.GetGenericArguments().Any(argument => IsOf(argument, effect)));
}
