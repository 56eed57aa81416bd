namespace VmShepherd.Core.Configuration.Yaml;

/// <summary>Why a document can't be read any further. Never leaves <see cref="YamlReader"/>. Line and column from 1.</summary>
sealed class YamlFailure(int line, int column, string message, Exception? inner = null) : Exception(message, inner)
{
    public int Line { get; } = line;
    public int Column { get; } = column;
}
