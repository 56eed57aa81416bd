namespace VmShepherd.Core.Configuration;

/// <summary>Turns a preset's userdata into the bytes a machine is started with.</summary>
public interface IUserdataRenderer
{
    /// <summary>The text, or why it can't be had: then the preset creates nothing, and everything else goes on.</summary>
    ValueTask<RenderedUserdata> RenderAsync(Preset preset, CancellationToken cancellationToken);

    /// <summary>What is known to be wrong already, without a wait; asking may start a look in the background.</summary>
    string? KnownProblem(Preset preset) => null;
}

/// <param name="Text">The result; <see langword="null"/> = none asked for, or a <paramref name="Problem"/>.</param>
/// <param name="Problem">For the operator, without any of the text.</param>
public sealed record RenderedUserdata(string? Text, string? Problem)
{
    /// <summary>Never the text: it may hold secrets.</summary>
    public override string ToString() => Problem ?? (Text is null ? "no userdata" : "userdata (***)");
}
