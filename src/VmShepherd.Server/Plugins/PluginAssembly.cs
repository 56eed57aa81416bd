using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using VmShepherd.Abstractions;
using VmShepherd.Core.Drivers;

namespace VmShepherd.Server.Plugins;

/// <summary>A dll with drivers: what it declares is read from its metadata; it is loaded when one of them is used.</summary>
sealed class PluginAssembly
{
    readonly string _file;
    readonly string _plugin;
    readonly Lazy<Assembly> _assembly;

    PluginAssembly(string file, string plugin) =>
        (_file, _plugin, _assembly) = (file, plugin, new Lazy<Assembly>(() => new PluginLoadContext(plugin, file).LoadFromAssemblyPath(file)));

    /// <exception cref="PluginException">It is no such dll, or was built for another SDK.</exception>
    public static IReadOnlyList<DriverOffer> Offers(string file, string plugin)
    {
        try
        {
            using var pe = new PEReader(File.OpenRead(file));
            MetadataReader metadata = pe.GetMetadataReader();
            Version built = metadata.AssemblyReferences.Select(metadata.GetAssemblyReference)
                .Where(reference => metadata.StringComparer.Equals(reference.Name, PluginLoadContext.Shared))
                .Select(reference => reference.Version)
                .FirstOrDefault()
                ?? throw new PluginException($"{file} does not reference {PluginLoadContext.Shared}: it can hold no driver");
            SdkVersion.Require(new Version(built.Major, built.Minor, Math.Max(built.Build, 0)), plugin);

            (string Group, string Name)[] declared = [.. Declared(metadata)];
            if (declared.Length == 0) throw new PluginException($"{file} declares no driver: it needs [assembly: Driver(DriverGroup..., \"NAME\", typeof(CLASS))]");
            var assembly = new PluginAssembly(file, plugin);
            return [.. declared.Select(driver => new DriverOffer(driver.Group, driver.Name, plugin, () => assembly.Load(driver.Group, driver.Name)))];
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException or BadImageFormatException or InvalidOperationException)
        {
            throw new PluginException($"{file} is no assembly that can be read: {failed.Message}", failed);
        }
    }

    static IEnumerable<(string Group, string Name)> Declared(MetadataReader metadata)
    {
        foreach (CustomAttribute attribute in metadata.GetAssemblyDefinition().GetCustomAttributes().Select(metadata.GetCustomAttribute))
        {
            if (attribute.Constructor.Kind != HandleKind.MemberReference) continue;
            MemberReference constructor = metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor);
            if (constructor.Parent.Kind != HandleKind.TypeReference) continue;
            TypeReference type = metadata.GetTypeReference((TypeReferenceHandle)constructor.Parent);
            if (!metadata.StringComparer.Equals(type.Name, nameof(DriverAttribute)) || !metadata.StringComparer.Equals(type.Namespace, typeof(DriverAttribute).Namespace!)) continue;

            ImmutableArray<CustomAttributeTypedArgument<string>> arguments = attribute.DecodeValue(TypeNames.Instance).FixedArguments;
            if (arguments is [{ Value: string group }, { Value: string name }, ..]) yield return (group, name);
        }
    }

    /// <summary>Everything that can be wrong with a foreign class is said as one kind of failure.</summary>
    DriverDeclaration Load(string group, string name)
    {
        try
        {
            CustomAttributeData declared = _assembly.Value.GetCustomAttributesData()
                .First(a => a.AttributeType == typeof(DriverAttribute) && (string)a.ConstructorArguments[0].Value! == group && (string)a.ConstructorArguments[1].Value! == name);
            var driver = DriverDeclaration.Of(group, name, (Type)declared.ConstructorArguments[2].Value!, _plugin);
            driver.TryOptions();
            return driver;
        }
        catch (Exception failed) when (failed is not InvalidDriverException)
        {
            Exception cause = failed is TargetInvocationException { InnerException: { } inner } ? inner : failed;
            throw new InvalidDriverException($"{_file} can't be loaded: {cause.GetType().Name}: {cause.Message}", failed);
        }
    }

    /// <summary>Types by their names: enough to read an attribute without loading anything.</summary>
    sealed class TypeNames : ICustomAttributeTypeProvider<string>
    {
        public static TypeNames Instance { get; } = new();

        public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode.ToString();

        public string GetSystemType() => "System.Type";

        public bool IsSystemType(string type) => type == "System.Type";

        public string GetSZArrayType(string elementType) => elementType + "[]";

        public string GetTypeFromSerializedName(string name) => name;

        public PrimitiveTypeCode GetUnderlyingEnumType(string type) => PrimitiveTypeCode.Int32;

        public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => reader.GetString(reader.GetTypeDefinition(handle).Name);

        public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
        {
            TypeReference type = reader.GetTypeReference(handle);
            return $"{reader.GetString(type.Namespace)}.{reader.GetString(type.Name)}";
        }
    }
}
