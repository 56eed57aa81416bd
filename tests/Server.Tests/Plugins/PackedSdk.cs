using System.Diagnostics;

namespace VmShepherd.Server.Tests.Plugins;

/// <summary>What strangers get: the packages as `make pack` makes them, the program as `make publish` does, and folders where nothing else of ours is known.</summary>
public sealed class PackedSdk : IAsyncLifetime
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    readonly TemporaryFolder _packages = new();

    /// <summary>This checkout.</summary>
    public static string Repository { get; } = Root();

    /// <summary>The folder of the published program.</summary>
    public string Published => Path.Combine(_packages.Path, "program");

    /// <summary>Where no other test installs templates or caches packages.</summary>
    string Home => Path.Combine(_packages.Path, "home");

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Home);
        foreach (string project in new[] { "src/VmShepherd.Abstractions", "src/VmShepherd.Testing", "templates" })
            await RunAsync(Repository, $"dotnet pack --nologo -v q -c Release --no-restore {project} -o {_packages.Path}", CancellationToken.None);
        await RunAsync(Repository, $"dotnet publish --nologo -v q -c Release src/VmShepherd.Server --runtime linux-x64 --self-contained -o {Published}", CancellationToken.None);
    }

    public ValueTask DisposeAsync()
    {
        _packages.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>An empty folder whose packages come from here; what is not ours comes from where it comes from for everybody.</summary>
    public TemporaryFolder NewFolder()
    {
        var folder = new TemporaryFolder();
        File.WriteAllText(Path.Combine(folder.Path, "nuget.config"), $"""
            <configuration>
              <packageSources><clear /><add key="packed" value="{_packages.Path}" /><add key="nuget.org" value="https://api.nuget.org/v3/index.json" /></packageSources>
              <packageSourceMapping>
                <packageSource key="packed"><package pattern="VmShepherd.*" /></packageSource>
                <packageSource key="nuget.org"><package pattern="*" /></packageSource>
              </packageSourceMapping>
              <config><add key="globalPackagesFolder" value="{Path.Combine(Home, "packages")}" /></config>
              <fallbackPackageFolders><add key="machine" value="{GlobalPackages()}" /></fallbackPackageFolders>
            </configuration>
            """);
        return folder;
    }

    /// <summary>One command as somebody types it, `vmshepherd` being the published program.</summary>
    /// <returns>What it printed. A command that fails fails the test.</returns>
    public async Task<string> RunAsync(string folder, string command, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("/bin/bash", ["-c", command]) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{Published}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["DOTNET_CLI_HOME"] = Home;
        start.Environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = start.Environment["DOTNET_NOLOGO"] = start.Environment["DOTNET_SKIP_FIRST_TIME_EXPERIENCE"] = "1";
        using var process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        Task<string> output = process.StandardOutput.ReadToEndAsync(patience.Token), errors = process.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        Assert.True(process.ExitCode == 0, $"$ {command}\nexit {process.ExitCode}\n{await output}\n{await errors}");
        return await output;
    }

    static string GlobalPackages() => Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "VmShepherd.slnx"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("these tests run inside a checkout");
    }
}

/// <summary>Packed and published once: its tests run one after the other, and no other one builds in the checkout meanwhile.</summary>
[CollectionDefinition(nameof(PackedSdk))]
public sealed class PackedSdkTests : ICollectionFixture<PackedSdk>;

/// <summary>Gone with the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmshepherd-test-");

    public string Path => _folder.FullName;

    public void Dispose() => _folder.Delete(recursive: true);
}
