namespace VmShepherd.Core.Configuration.Yaml;

/// <summary>What reading a document took, counted where it is done: a test can hold it against the bounds without a clock.</summary>
sealed class YamlWork
{
    /// <summary>Nodes that stand in the file.</summary>
    internal int Nodes { get; set; }

    /// <summary>Nodes that aliases add.</summary>
    internal int Aliased { get; set; }

    /// <summary>Characters that aliases add.</summary>
    internal long AliasedText { get; set; }

    /// <summary>Entries that merge keys copy.</summary>
    internal int Merged { get; set; }
}
