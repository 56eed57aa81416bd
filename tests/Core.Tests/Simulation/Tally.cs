namespace Core.Tests.Simulation;

/// <summary>What has happened over all seeds. A fault or guard that never fired proves nothing: then the run is void.</summary>
sealed class Tally
{
    readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);

    public void Add(string what, long times = 1) => _counts[what] = this[what] + times;

    public long this[string what] => _counts.GetValueOrDefault(what);

    public IEnumerable<string> Missing(IEnumerable<string> expected) => expected.Where(what => this[what] == 0);

    public override string ToString() => string.Join(Environment.NewLine, _counts.Select(count => $"{count.Value,12:N0}  {count.Key}"));
}
