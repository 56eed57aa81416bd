using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Runtime.InMemory;
using VmShepherd.Testing;
using Xunit;

namespace Drivers.Tests.Runtime;

public sealed class InMemoryDriverConforms : RuntimeDriverConformance
{
    readonly FakeTimeProvider _time = new();
    readonly InMemoryDriver _store;

    public InMemoryDriverConforms() => _store = new(new(), new(_time, new Random(1), "/"));

    protected override Task<IRuntimeDriver> CreateInstanceAsync() => Task.FromResult<IRuntimeDriver>(_store);

    protected override Task AdvanceAsync(TimeSpan time)
    {
        _time.Advance(time);
        return Task.CompletedTask;
    }
}

public sealed class InMemoryDriverTests
{
    static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wall_clock_that_jumps_ends_no_lease()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(50));
        var monotonicOnly = new MonotonicOnly(time);
        await using var store = new InMemoryDriver(new(), new(monotonicOnly, new Random(1), "/"));
        PresetLease lease = Assert.Single(await store.ClaimAsync(new("me", ["web"], 1, Lease), Ct));

        time.Advance(Lease - TimeSpan.FromTicks(1));
        Assert.True(await store.SaveAsync(lease, "a"u8.ToArray(), acted: true, Ct));
        time.Advance(TimeSpan.FromTicks(1));
        Assert.False(await store.SaveAsync(lease, "a"u8.ToArray(), acted: true, Ct));
    }

    [Fact]
    public async Task The_request_after_the_hundredth_says_why_it_is_not_taken()
    {
        await using var store = new InMemoryDriver(new(), new(new FakeTimeProvider(), new Random(1), "/"));
        for (int i = 0; i < 100; i++) await store.RequestAsync("web", "again", Ct);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => store.RequestAsync("web", "again", Ct));
        Assert.Equal("preset web: 100 requests are waiting already, no more are taken until an instance has managed it", refused.Message);
        await store.RequestAsync("other", "first", Ct);
    }

    [Fact]
    public async Task A_collection_that_grew_and_one_that_was_forgotten_are_looked_at_again()
    {
        await using var store = new InMemoryDriver(new(), new(new FakeTimeProvider(), new Random(1), "/"));
        List<string> names = ["a", "b"];
        var request = new ClaimRequest("me", names, 10, Lease);
        foreach (PresetLease lease in await store.ClaimAsync(request, Ct)) await store.CompleteAsync(lease, null, Lease, Ct);

        names.Add("c");
        PresetLease grown = Assert.Single(await store.ClaimAsync(request, Ct));
        Assert.Equal("c", grown.Preset);
        await store.ForgetAsync(["a"], Ct);
        Assert.Equal("a", Assert.Single(await store.ClaimAsync(request, Ct)).Preset);
    }

    [Fact]
    public async Task The_end_of_time_is_never_due()
    {
        var time = new FakeTimeProvider();
        await using var store = new InMemoryDriver(new(), new(time, new Random(1), "/"));
        time.Advance(TimeSpan.FromDays(1));
        PresetLease lease = Assert.Single(await store.ClaimAsync(new("me", ["web"], 1, TimeSpan.MaxValue), Ct));
        Assert.True(await store.CompleteAsync(lease, null, TimeSpan.MaxValue, Ct));
        Assert.Empty(await store.ClaimAsync(new("me", ["web"], 1, Lease), Ct));
    }

    /// <summary>Has no wall clock: who asks it the time of day fails.</summary>
    sealed class MonotonicOnly(TimeProvider time) : TimeProvider
    {
        public override long TimestampFrequency => time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => throw new InvalidOperationException("the store must not ask the wall clock");

        public override long GetTimestamp() => time.GetTimestamp();
    }
}
