using System.Globalization;
using Drivers.Tests.Presets;
using VmShepherd.Abstractions;
using VmShepherd.Testing;

namespace Drivers.Tests.Programs;

/// <summary>The example in Python, whose machines are processes.</summary>
public sealed class ProgramIaasConformance : IaasDriverConformance
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmshepherd-test-");

    protected override bool MachinesBoot => false;

    protected override TimeSpan Poll => TimeSpan.FromMilliseconds(50);

    protected override Task<IIaasDriver> CreateDriverAsync() => Task.FromResult(Create("machines"));

    protected override Task<IIaasDriver> CreateUnreachableDriverAsync()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "file"), "no folder");
        return Task.FromResult(Create("file"));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    IIaasDriver Create(string directory)
    {
        var program = Sample.Describe(DriverGroup.Iaas, "LocalProcesses", "driver.py") with { Folder = Path.Combine(Sample.Examples, "local-processes") };
        var options = new Dictionary<string, object?> { ["directory"] = directory, ["quota"] = 100L, ["images"] = new Dictionary<string, string> { ["image"] = "exec sleep 1000" } };
        return (IIaasDriver)program.Create(options, Sample.Context(_folder.FullName));
    }
}

public sealed class ProgramHealthcheckConformance : HealthcheckDriverConformance
{
    protected override IHealthcheckDriver CreateDriver(int port) => (IHealthcheckDriver)(Sample.Describe(DriverGroup.Healthcheck, "Dialler", "behaving.py") with { Parallel = 500 })
        .Create(new Dictionary<string, object?> { ["port"] = (long)port }, Sample.Context(Sample.Folder));
}

public sealed class ProgramPresetConformance() : FolderConformance(".yaml")
{
    protected override IPresetDriver Create(string folder, string baseDirectory) => (IPresetDriver)Sample.Describe(DriverGroup.Presets, "Place", "behaving.py")
        .Create(new Dictionary<string, object?> { ["directory"] = Path.Combine(baseDirectory, folder) }, Sample.Context(baseDirectory));
}

public sealed class ProgramRuntimeConformance : RuntimeDriverConformance
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmshepherd-test-");
    TimeSpan _offset;

    protected override TimeSpan Slack => TimeSpan.FromSeconds(10);

    protected override Task<IRuntimeDriver> CreateInstanceAsync() => Task.FromResult((IRuntimeDriver)(Sample.Describe(DriverGroup.Runtime, "FileStore", "behaving.py") with { Parallel = 4 })
        .Create(new Dictionary<string, object?> { ["directory"] = _folder.FullName }, Sample.Context(_folder.FullName)));

    protected override Task AdvanceAsync(TimeSpan time)
    {
        _offset += time;
        return File.WriteAllTextAsync(Path.Combine(_folder.FullName, "offset"), _offset.TotalSeconds.ToString(CultureInfo.InvariantCulture));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
