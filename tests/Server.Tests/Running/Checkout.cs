using System.Diagnostics;

namespace VmShepherd.Server.Tests.Running;

/// <summary>The repository that these tests were built in.</summary>
static class Checkout
{
    public static string Root { get; } = Find();

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    /// <summary>Runs shell commands in it, as somebody types them. What fails ends them.</summary>
    public static async Task<string> ShellAsync(string script, TimeSpan howLong)
    {
        using var bash = Process.Start(new ProcessStartInfo("/bin/bash", ["-euo", "pipefail", "-c", script]) { WorkingDirectory = Root, RedirectStandardOutput = true, RedirectStandardError = true })!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(howLong);
        Task<string> output = bash.StandardOutput.ReadToEndAsync(patience.Token), errors = bash.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await bash.WaitForExitAsync(patience.Token);
        }
        finally
        {
            if (!bash.HasExited) bash.Kill(entireProcessTree: true);
        }

        Assert.True(bash.ExitCode == 0, $"exit {bash.ExitCode}\n{await output}\n{await errors}");
        return await output;
    }

    static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "VmShepherd.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("these tests run inside a checkout");
    }
}
