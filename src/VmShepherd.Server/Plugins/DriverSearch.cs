using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;
using VmShepherd.Server.Hosting;

namespace VmShepherd.Server.Plugins;

/// <param name="Drivers">Those that come with the program, and those of every plug-in that may be used.</param>
/// <param name="Refused">Plug-ins that may not, and why; places that can't be searched.</param>
sealed record DriversFound(DriverRegistry Drivers, IReadOnlyList<Diagnostic> Refused);

/// <summary>Looks for drivers: first in the program, then in each folder that the settings name, and nowhere else.</summary>
static class DriverSearch
{
    /// <param name="plugins">As in the settings.</param>
    /// <param name="directory">What relative folders are relative to: the settings file's.</param>
    public static DriversFound Run(PluginSettings plugins, string directory)
    {
        DriverRegistry drivers = BuiltIn.Drivers(plugins.Sources);
        List<Diagnostic> refused = [];
        var plugin = new Dictionary<string, string>(StringComparer.Ordinal);
        var trust = new Trust();
        drivers.AddPlace("the program itself");
        foreach (string place in (plugins.Folders ?? [PluginSettings.DefaultFolder]).Select(folder => Path.GetFullPath(folder, directory)).Distinct())
        {
            bool isThere = Directory.Exists(place);
            drivers.AddPlace(isThere ? place : $"{place} (which is not there)");
            if (isThere) Search(place);
            else if (plugins.Folders is not null) Refuse(place, "there is no such folder: make it, or take it out of 'plugins'");
        }
        return new DriversFound(drivers, refused);

        void Search(string place)
        {
            foreach (string folder in Folders(place))
            {
                try
                {
                    foreach (DriverOffer driver in Offers(folder)) drivers.Add(driver);
                }
                catch (PluginException reason)
                {
                    Refuse(folder, reason.Message);
                }
            }
        }

        IEnumerable<string> Folders(string place)
        {
            try
            {
                return [.. Directory.EnumerateDirectories(place).Order(StringComparer.Ordinal)];
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
            {
                Refuse(place, $"can't be searched: {failed.Message}");
                return [];
            }
        }

        IReadOnlyList<DriverOffer> Offers(string folder)
        {
            try
            {
                trust.RequireTree(folder);
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
            {
                throw new PluginException($"can't be looked through: {failed.Message}", failed);
            }

            var manifest = PluginManifest.Read(folder);
            if (!plugin.TryAdd(manifest.Name, folder)) throw new PluginException($"its name is '{manifest.Name}', as that of {plugin[manifest.Name]}: one of them has to go");
            return OffersOf(manifest, folder, trust);
        }

        void Refuse(string place, string reason)
        {
            refused.Add(new Diagnostic(Severity.Warning, place, 0, 0, "", $"not used: {reason}"));
            drivers.AddPlace($"{place} (not used: {reason})");
        }
    }

    static IReadOnlyList<DriverOffer> OffersOf(PluginManifest manifest, string folder, Trust trust)
    {
        SdkVersion.Require(SdkVersion.Parse(manifest.Sdk)!, $"{manifest.Name} {manifest.Version}");
        if (manifest.Program is [var first, ..] command)
        {
            string program = Path.GetFullPath(first, folder);
            trust.Require(program);
            return [.. manifest.Drivers.Select(driver => new DriverOffer(driver.Group, driver.Name, manifest.Name, () => driver.Declare(manifest, [program, .. command.Skip(1)], folder)))];
        }
        return PluginAssembly.Offers(Path.Combine(folder, manifest.Assembly!), manifest.Name);
    }
}
