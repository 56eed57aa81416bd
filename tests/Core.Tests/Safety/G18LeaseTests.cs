using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Core;
using VmShepherd.Core.Loop;
using Xunit;

namespace Core.Tests.Safety;

public sealed class G18LeaseTests
{
    readonly FakeTimeProvider _time = new(Given.Noon);

    LeaseGuard Guard(int seconds = 120) => new(_time, new PresetLease("web", new LeaseToken(1, 1), TimeSpan.FromSeconds(seconds)), _time.GetTimestamp());

    [Theory, InlineData(15, 10), InlineData(120, 80)]
    public void Acting_stops_at_two_thirds_counted_from_before_the_claim_was_sent(int lease, int seconds)
    {
        LeaseGuard guard = Guard(lease);
        _time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromTicks(1));
        Assert.True(guard.MayAct);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.False(guard.MayAct);
    }

    [Fact]
    public void The_time_a_claim_was_on_its_way_counts()
    {
        long sentAt = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(20));
        var guard = new LeaseGuard(_time, new PresetLease("web", new LeaseToken(1, 1), TimeSpan.FromSeconds(120)), sentAt);

        Assert.Equal(TimeSpan.FromSeconds(60), guard.ActingTimeLeft);
    }

    [Fact]
    public void A_wall_clock_that_jumps_changes_nothing()
    {
        var time = new JumpingTime(_time);
        var guard = new LeaseGuard(time, new PresetLease("web", new LeaseToken(1, 1), TimeSpan.FromSeconds(120)), time.GetTimestamp());
        var clock = new SteadyClock(time);
        DateTimeOffset before = clock.Now;
        time.Jump = TimeSpan.FromDays(3650);

        Assert.Equal(TimeSpan.FromSeconds(80), guard.ActingTimeLeft);
        Assert.Equal(before, clock.Now);
    }

    sealed class JumpingTime(TimeProvider inner) : TimeProvider
    {
        public TimeSpan Jump { get; set; }

        public override DateTimeOffset GetUtcNow() => inner.GetUtcNow() + Jump;

        public override long GetTimestamp() => inner.GetTimestamp();

        public override long TimestampFrequency => inner.TimestampFrequency;
    }

    [Fact]
    public void The_deadline_comes_at_two_thirds()
    {
        LeaseGuard guard = Guard();
        using CancellationTokenSource deadline = guard.Deadline();
        _time.Advance(TimeSpan.FromSeconds(80) - TimeSpan.FromMilliseconds(1));
        Assert.False(deadline.IsCancellationRequested);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(deadline.IsCancellationRequested);
    }

    [Fact]
    public void A_renewal_counts_from_before_it_was_sent()
    {
        LeaseGuard guard = Guard();
        _time.Advance(TimeSpan.FromSeconds(60));
        long sentAt = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromSeconds(15));
        guard.Renewed(sentAt);

        Assert.Equal(TimeSpan.FromSeconds(65), guard.ActingTimeLeft);
    }

    [Fact]
    public void It_is_worth_renewing_when_a_third_of_the_lease_is_over()
    {
        LeaseGuard guard = Guard();
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.False(guard.IsHalfSpent);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.True(guard.IsHalfSpent);
    }
}
