using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Runtime.InMemory;

/// <summary>What the store keeps of one preset. Times are the store's: since it was made.</summary>
sealed class InMemoryPreset(string name)
{
    public static readonly IComparer<InMemoryPreset> ByNextAt = Comparer<InMemoryPreset>.Create(static (a, b) =>
        a.NextAt != b.NextAt ? a.NextAt.CompareTo(b.NextAt) : a.Turn.CompareTo(b.Turn));

    public string Name { get; } = name;

    /// <summary>When free: due from then on. When held: the end of the lease, and so due from then on as well.</summary>
    public TimeSpan NextAt { get; set; }

    /// <summary>Among those of one moment, who was there first.</summary>
    public long Turn { get; set; }

    /// <summary>Claimed and not given back, though the lease may have run out.</summary>
    public bool Held { get; set; }

    public LeaseToken Token { get; set; }

    public TimeSpan? ActedAt { get; set; }

    public TimeSpan? CompletedAt { get; set; }

    /// <summary>Zero = no document.</summary>
    public long Version { get; private set; }

    public TimeSpan WrittenAt { get; private set; }

    public byte[] Content { get; private set; } = [];

    public List<string> Requests { get; } = [];

    /// <summary>How many of the requests, from the oldest, the holder has been shown.</summary>
    public int RequestsShown { get; set; }

    public void Write(ReadOnlySpan<byte> content, long version, TimeSpan now)
    {
        Content = content.ToArray();
        Version = version;
        WrittenAt = now;
    }

    public void Forget()
    {
        (Content, Version) = ([], 0);
        (ActedAt, CompletedAt) = (null, null);
        Requests.Clear();
        RequestsShown = 0;
    }

    public VersionedDocument? Document(TimeSpan now) => Version == 0 ? null : new VersionedDocument(Version, Content, now - WrittenAt);
}
