using System.Security.Cryptography;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;
using VmShepherd.Core.Loop;

namespace VmShepherd.Server.Hosting;

/// <summary>Makes the shepherd of this process.</summary>
static class ShepherdFactory
{
    /// <summary>Intents are named after the instance: no process may ever have the name of another.</summary>
    public static string NewInstance() => $"{Environment.MachineName}-{RandomNumberGenerator.GetHexString(16, lowercase: true)}";

    /// <exception cref="CommandException">The runtime driver can't be made from its options.</exception>
    public static Shepherd Create(Settings settings, DriverRegistry drivers, IUserdataRenderer userdata, string instance, ILoggerFactory loggers)
    {
        var random = new Random(RandomNumberGenerator.GetInt32(int.MaxValue));
        try
        {
            return new Shepherd(settings, drivers, userdata, SettingsFile.DirectoryOf(settings.File), instance, TimeProvider.System, random, loggers);
        }
        catch (ArgumentException contradiction)
        {
            // What a driver's options say together, only the driver can judge.
            throw new CommandException($"{settings.File}: runtime: {contradiction.Message}", ExitCode.BadConfiguration);
        }
    }
}
