namespace VmShepherd.Abstractions;

/// <summary>The files that a preset may name as <c>file://PATH</c>.</summary>
public interface IPresetFiles
{
    /// <summary>For messages and templates: the directory or the commit that paths are relative to.</summary>
    string Root { get; }

    /// <summary>
    /// The bytes of one file. MUST NOT leave <see cref="Root"/>, links resolved; MUST NOT read more than <paramref name="maxBytes"/>.
    /// Every reason not to answer is a <see cref="PresetFileException"/> whose message names the path and the reason.
    /// </summary>
    /// <param name="path">As written behind <c>file://</c>.</param>
    /// <param name="maxBytes">A larger file is refused.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    Task<ReadOnlyMemory<byte>> ReadAsync(string path, int maxBytes, CancellationToken cancellationToken);
}

/// <summary>Why a file that a preset names can't be had.</summary>
/// <param name="message">For the operator: the path, the reason.</param>
/// <param name="inner">The cause, for the debug log.</param>
public sealed class PresetFileException(string message, Exception? inner = null) : Exception(message, inner);
