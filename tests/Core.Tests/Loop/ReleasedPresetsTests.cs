using System.Text;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Core;
using VmShepherd.Core.Loop;
using VmShepherd.Drivers.Runtime.InMemory;
using Xunit;

namespace Core.Tests.Loop;

public sealed class ReleasedPresetsTests
{
    readonly FakeTimeProvider _time = new();
    readonly InMemoryDriver _store;
    readonly ReleasedPresets _released;

    public ReleasedPresetsTests()
    {
        _store = new InMemoryDriver(new InMemoryOptions(), new DriverContext(_time, new Random(1), "/"));
        _released = new ReleasedPresets("me", _store, new SteadyClock(_time));
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    async Task ManageAsync(string instance)
    {
        PresetLease lease = Assert.Single(await _store.ClaimAsync(new ClaimRequest(instance, ["web"], 1, TimeSpan.FromMinutes(2)), Ct));
        Assert.True(await _store.CompleteAsync(lease, Encoding.UTF8.GetBytes("memory"), TimeSpan.FromSeconds(5), Ct));
    }

    async Task<bool> IsRememberedAsync() => (await _store.ReadAsync(["web"], Ct)).ContainsKey("web");

    [Fact]
    public async Task Its_memory_stays_for_a_day_and_goes_then()
    {
        await ManageAsync("me");
        Assert.Equal(["web"], _released.Take(["web"]));
        Assert.Empty(_released.Take(["web"]));

        _time.Advance(TimeSpan.FromHours(23));
        await _released.ForgetAsync();
        Assert.True(await IsRememberedAsync());

        _time.Advance(TimeSpan.FromHours(2));
        await _released.ForgetAsync();
        Assert.False(await IsRememberedAsync());
    }

    [Fact]
    public async Task What_another_instance_still_manages_is_not_forgotten()
    {
        await ManageAsync("me");
        _released.Take(["web"]);
        _time.Advance(TimeSpan.FromHours(25));
        await ManageAsync("other");
        _time.Advance(TimeSpan.FromMinutes(1));

        await _released.ForgetAsync();

        Assert.True(await IsRememberedAsync());
        _time.Advance(TimeSpan.FromMinutes(1));
        PresetLease next = Assert.Single(await _store.ClaimAsync(new ClaimRequest("other", ["web"], 1, TimeSpan.FromMinutes(2)), Ct));
        Assert.Equal(TimeSpan.FromMinutes(2), next.SinceCompleted);
    }

    [Fact]
    public async Task Who_comes_back_and_goes_again_has_another_day()
    {
        await ManageAsync("me");
        _released.Take(["web"]);
        _time.Advance(TimeSpan.FromHours(20));
        _released.Take([]);
        Assert.Equal(["web"], _released.Take(["web"]));

        _time.Advance(TimeSpan.FromHours(20));
        await _released.ForgetAsync();
        Assert.True(await IsRememberedAsync());
    }
}
