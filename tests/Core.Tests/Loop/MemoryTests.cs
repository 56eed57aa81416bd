using Core.Tests.Safety;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Core;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Loop;

public sealed class MemoryTests
{
    readonly FakeTimeProvider _time = new(Given.Noon);
    readonly SteadyClock _clock;
    readonly Memory _memory;

    public MemoryTests()
    {
        _clock = new SteadyClock(_time);
        _memory = new Memory("me", _clock);
    }

    static PresetLease Lease(ReadOnlyMemory<byte>? state = null, TimeSpan age = default) =>
        new("web", new LeaseToken(1, 1), TimeSpan.FromMinutes(2)) { State = state is { } content ? new VersionedDocument(1, content, age) : null };

    [Fact]
    public void Without_stored_state_the_memory_begins_with_the_process()
    {
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(Given.Noon, _memory.Load(Lease()).BornAt);
    }

    [Fact]
    public void Stored_state_that_is_gone_again_begins_now()
    {
        _memory.Encode("web", new History(Given.Noon));
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(_clock.Now, _memory.Load(Lease()).BornAt);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void After_a_failover_the_memory_begins_when_nothing_could_be_lost_any_more(bool isStored)
    {
        ReadOnlyMemory<byte>? stored = null;
        if (isStored) stored = new Memory("other", _clock).Encode("web", new History(Given.Noon));
        _time.Advance(TimeSpan.FromHours(1));
        PresetLease lease = Lease(stored, TimeSpan.FromHours(1)) with { SinceLoss = TimeSpan.FromMinutes(1) };

        History first = _memory.Load(lease);
        Assert.Equal(_clock.Now - TimeSpan.FromMinutes(1), first.BornAt);
        ReadOnlyMemory<byte> kept = _memory.Encode("web", first)!.Value;
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Same(first, _memory.Load(Lease(kept, TimeSpan.FromMinutes(1)) with { SinceLoss = TimeSpan.FromSeconds(119) }));
    }

    [Fact]
    public void What_was_stored_is_not_decoded_again_and_not_written_again()
    {
        ReadOnlyMemory<byte> stored = _memory.Encode("web", new History(Given.Noon))!.Value;
        History loaded = _memory.Load(Lease(stored));

        Assert.Same(loaded, _memory.Load(Lease(stored.ToArray())));
        Assert.Null(_memory.Encode("web", loaded));
        Assert.Null(_memory.Encode("web", loaded with { }));
        Assert.NotNull(_memory.Encode("web", loaded with { Scope = "cloud" }));
    }

    [Fact]
    public void What_another_instance_stored_meanwhile_counts()
    {
        _memory.Encode("web", new History(Given.Noon) { Scope = "mine" });
        var other = new Memory("other", _clock);
        ReadOnlyMemory<byte> theirs = other.Encode("web", new History(Given.Noon) { Scope = "theirs" })!.Value;

        Assert.Equal("theirs", _memory.Load(Lease(theirs)).Scope);
    }

    [Fact]
    public void Times_of_another_process_are_moved_by_the_documents_age()
    {
        var otherTime = new FakeTimeProvider(Given.Noon.AddYears(-10));
        var otherClock = new SteadyClock(otherTime);
        ReadOnlyMemory<byte> theirs = new Memory("other", otherClock).Encode("web", new History(otherClock.Now - TimeSpan.FromMinutes(1)))!.Value;

        Assert.Equal(Given.Noon - TimeSpan.FromMinutes(3), _memory.Load(Lease(theirs, TimeSpan.FromMinutes(2))).BornAt);
    }

    [Fact]
    public void What_was_forgotten_is_written_again()
    {
        var history = new History(Given.Noon);
        _memory.Encode("web", history);
        _memory.Forget("web");

        Assert.NotNull(_memory.Encode("web", history));
    }
}
