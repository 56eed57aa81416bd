using Bench;

// `bench all|NAME...` prints the table. Each benchmark runs in a process of its own (`bench measure NAME`), so that none inherits another's heap.
return args switch
{
    ["measure", string name] when Benchmarks.ByName.TryGetValue(name, out Func<Task<IReadOnlyList<Row>>>? measure) => await Benchmarks.MeasureAsync(measure),
    ["floor-web", string bytes] => await BareWeb.RunAsync(int.Parse(bytes, System.Globalization.CultureInfo.InvariantCulture)),
    ["all"] or [] => await Benchmarks.RunAsync(Benchmarks.ByName.Keys),
    _ when args.All(Benchmarks.ByName.ContainsKey) => await Benchmarks.RunAsync(args),
    _ => Benchmarks.Usage(),
};
