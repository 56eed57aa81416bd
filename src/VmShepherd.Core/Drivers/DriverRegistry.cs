using System.Reflection;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;

namespace VmShepherd.Core.Drivers;

/// <summary>The drivers there are, by group and name. No code of a driver runs before it is used.</summary>
public sealed class DriverRegistry
{
    readonly SortedDictionary<(string Group, string Name), List<DriverOffer>> _offers = [];
    readonly List<string> _places = [];

    public DriverRegistry(params IEnumerable<Assembly> assemblies)
    {
        foreach (Assembly assembly in assemblies) Register(assembly);
    }

    /// <summary>Which source is meant where several offer a driver of one name (<c>driver_sources</c>): the driver's name to the source.</summary>
    public IReadOnlyDictionary<string, string> Sources { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;

    /// <summary>All that is offered, sorted by group and name; several of one name side by side.</summary>
    public IEnumerable<DriverOffer> Offers => _offers.Values.SelectMany(offers => offers);

    /// <summary>Those that can be used, sorted by group and name. Loads them.</summary>
    public IReadOnlyCollection<DriverDeclaration> Drivers => [.. _offers.Keys.Select(key => Find(key.Group, key.Name)).OfType<DriverDeclaration>()];

    /// <summary>Adds all drivers of an assembly, or none and throws <see cref="InvalidDriverException"/>. Call it before the registry is in use.</summary>
    public void Register(Assembly assembly)
    {
        IReadOnlyList<DriverOffer> offers = DriverOffer.Of(assembly);
        foreach (DriverOffer driver in offers)
            if (_offers.TryGetValue((driver.Group, driver.Name), out List<DriverOffer>? others))
                throw new InvalidDriverException($"driver '{driver.Name}' ({driver.Group}) is declared by {driver.Source} and by {others[0].Source}");
        foreach (DriverOffer driver in offers) Add(driver);
    }

    /// <summary>Adds a driver; one of a name that is there already makes the name ambiguous. Call it before the registry is in use.</summary>
    public void Add(DriverOffer driver)
    {
        if (_offers.TryGetValue((driver.Group, driver.Name), out List<DriverOffer>? others)) others.Add(driver);
        else _offers.Add((driver.Group, driver.Name), [driver]);
    }

    /// <summary>Notes a place that was searched, for whoever misses a driver.</summary>
    public void AddPlace(string place) => _places.Add(place);

    /// <summary>The driver; <see langword="null"/> = there is none, or <see cref="WhyNot"/>.</summary>
    public DriverDeclaration? Find(string group, string name) => Chosen(group, name) is [var only] ? only.Declaration : null;

    /// <summary>Why a driver that is offered can't be used; <see langword="null"/> = it can, or nobody offers it.</summary>
    public string? WhyNot(string group, string name) => Chosen(group, name) switch
    {
        [] => null,
        [var only] => only.Problem,
        [var first, ..] all => $"{string.Join(" and ", all.Select(offer => offer.Source))} offer it: choose one in the settings, as driver_sources: {{{name}: {first.Source}}}",
    };

    /// <summary>For whoever asks for a driver that nobody offers: what is nearly it, what there is, where it was looked for.</summary>
    public string Missing(string name) =>
        $"there is no driver '{name}'{Spelling.DidYouMean(name, _offers.Keys.Select(key => key.Name))}; there are {string.Join(", ", _offers.Keys.Select(key => key.Name))}; looked in {string.Join(", ", _places)}";

    internal IEnumerable<string> NamesIn(string group) => _offers.Keys.Where(key => key.Group == group).Select(key => key.Name);

    /// <summary>What there is in a group, and where it was looked for.</summary>
    internal string Listed(string group)
    {
        string[] names = [.. NamesIn(group)];
        string listed = names.Length > 0 ? string.Join(", ", names) : $"no drivers in {group}";
        return _places.Count == 0 ? listed : $"{listed}; looked in {string.Join(", ", _places)}";
    }

    List<DriverOffer> Chosen(string group, string name)
    {
        if (!_offers.TryGetValue((group, name), out List<DriverOffer>? offers)) return [];
        return offers.Count > 1 && Sources.TryGetValue(name, out string? source) && offers.Find(offer => offer.Source == source) is { } chosen ? [chosen] : offers;
    }
}
