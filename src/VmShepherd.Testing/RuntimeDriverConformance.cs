#pragma warning disable CS1591 // A test's name documents it.

using VmShepherd.Abstractions;
using Xunit;

namespace VmShepherd.Testing;

/// <summary>
/// What every runtime driver promises. Derive, say how to build yours and how time passes in its store, and you inherit every test.
/// This part: leases. The other: what is kept under them.
/// </summary>
/// <remarks>Each test names presets of its own, so one database may serve them all.</remarks>
public abstract partial class RuntimeDriverConformance : IAsyncDisposable
{
    readonly string _prefix = $"{Guid.NewGuid():N}-";
    readonly List<IRuntimeDriver> _instances = [];

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>One more instance on the <em>same</em> store, within one test. Where a store lives in one object, that object again.</summary>
    protected abstract Task<IRuntimeDriver> CreateInstanceAsync();

    /// <summary>Lets so much time pass by the store's clock: by moving a virtual one, by shifting what is stored, or by waiting.</summary>
    protected abstract Task AdvanceAsync(TimeSpan time);

    /// <summary>How long the tests lease for. A store that really waits wants it short, yet much longer than a few of its calls take.</summary>
    protected virtual TimeSpan Lease => TimeSpan.FromSeconds(30);

    /// <summary>How much later than meant a store's clock may be read: how long a few calls take. Zero where time stands still between them.</summary>
    protected virtual TimeSpan Slack => TimeSpan.Zero;

    /// <inheritdoc/>
    public virtual async ValueTask DisposeAsync()
    {
        foreach (IRuntimeDriver instance in _instances) await instance.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_preset_never_heard_of_is_due()
    {
        IRuntimeDriver store = await InstanceAsync();
        PresetLease lease = await ClaimAsync(store, "web");

        Assert.Equal(Name("web"), lease.Preset);
        Assert.Equal(Lease, lease.Duration);
        Assert.True(lease.CleanHandover);
        Assert.Null(lease.SinceActed);
        Assert.Null(lease.SinceCompleted);
        Assert.Null(lease.State);
        Assert.Empty(lease.Requests);
    }

    [Fact]
    public async Task A_held_preset_is_claimed_by_nobody_not_even_its_holder()
    {
        IRuntimeDriver mine = await InstanceAsync(), theirs = await InstanceAsync();
        await ClaimAsync(mine, "web");
        await AdvanceAsync(Lease / 2);

        Assert.Empty(await TryClaimAsync(mine, "web"));
        Assert.Empty(await TryClaimAsync(theirs, "web"));
    }

    [Fact]
    public async Task What_another_instance_gave_back_is_left_to_it_for_the_courtesy_and_then_taken()
    {
        (IRuntimeDriver store, string[] web) = await GivenBackAsync(dueIn: 10 * Lease);
        await AdvanceAsync((10 * Lease) + (Lease / 4));

        Assert.Empty(await store.ClaimAsync(Claim("theirs", web, courtesy: Lease), Ct));
        await AdvanceAsync(Lease);
        Assert.Single(await store.ClaimAsync(Claim("theirs", web, courtesy: Lease), Ct));
    }

    [Fact]
    public async Task Courtesy_holds_nobody_back_from_what_it_had_last()
    {
        (IRuntimeDriver store, string[] web) = await GivenBackAsync(dueIn: 10 * Lease);
        await AdvanceAsync((10 * Lease) + (Lease / 4));

        Assert.Single(await store.ClaimAsync(Claim("mine", web, courtesy: Lease), Ct));
    }

    [Fact]
    public async Task Courtesy_is_not_kept_to_whoever_yields()
    {
        IRuntimeDriver store = await SharedAsync();
        string[] web = Names("web");
        PresetLease lease = Assert.Single(await store.ClaimAsync(Claim("mine", web), Ct));
        Assert.True(await store.CompleteAsync(lease with { Yields = true }, "state"u8.ToArray(), 10 * Lease, Ct));
        await AdvanceAsync((10 * Lease) + (Lease / 4));

        Assert.Single(await store.ClaimAsync(Claim("theirs", web, courtesy: Lease), Ct));
    }

    [Fact]
    public async Task Courtesy_lasts_no_longer_than_the_time_a_preset_was_due_in_exceeds_it()
    {
        (IRuntimeDriver store, string[] web) = await GivenBackAsync(dueIn: Lease);
        await AdvanceAsync(Lease + (Lease / 4));

        Assert.Single(await store.ClaimAsync(Claim("theirs", web, courtesy: Lease), Ct));
    }

    [Fact]
    public async Task A_lease_that_ran_out_and_a_preset_that_was_asked_for_are_for_everybody_at_once()
    {
        IRuntimeDriver store = await SharedAsync();
        string[] names = Names("dead", "asked");
        Assert.Single(await store.ClaimAsync(Claim("mine", [names[0]]), Ct));
        PresetLease asked = Assert.Single(await store.ClaimAsync(Claim("mine", [names[1]]), Ct));
        await store.CompleteAsync(asked, null, 10 * Lease, Ct);
        await AdvanceAsync(Lease + (Lease / 4));
        await store.RequestAsync(names[1], "manage", Ct);

        Assert.Equal(names.Order(), (await store.ClaimAsync(Claim("theirs", names, courtesy: Lease), Ct)).Select(lease => lease.Preset).Order());
    }

    [Fact]
    public async Task A_claim_takes_no_more_than_it_asks_for()
    {
        IRuntimeDriver store = await InstanceAsync();
        string[] names = Names("a", "b", "c");

        IReadOnlyList<PresetLease> first = await store.ClaimAsync(new("me", names, 2, Lease), Ct);
        IReadOnlyList<PresetLease> rest = await store.ClaimAsync(new("me", names, 2, Lease), Ct);

        Assert.Equal(2, first.Count);
        Assert.Single(rest);
        Assert.Equal(names, first.Concat(rest).Select(l => l.Preset).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_claim_takes_named_presets_only()
    {
        IRuntimeDriver store = await InstanceAsync();
        IReadOnlyList<PresetLease> all = await TryClaimAsync(store, "a", "b", "c");
        foreach (PresetLease lease in all) Assert.True(await store.CompleteAsync(lease, null, TimeSpan.Zero, Ct));

        Assert.Equal(Name("b"), Assert.Single(await TryClaimAsync(store, "b")).Preset);
        Assert.Empty(await TryClaimAsync(store));
        Assert.Equal(Names("a", "c"), (await TryClaimAsync(store, "a", "b", "c")).Select(l => l.Preset).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_preset_named_twice_is_claimed_once()
    {
        IRuntimeDriver store = await InstanceAsync();
        Assert.Single(await TryClaimAsync(store, "web", "web"));
    }

    [Fact]
    public async Task Names_are_compared_exactly()
    {
        IRuntimeDriver store = await InstanceAsync();
        string[] odd = ["web", "Web", "web ", "w\u00e9b", "we\u0301b", "REPO.web", "a'b\"; drop table x; --", "%", "{}", "\\"];
        IReadOnlyList<PresetLease> leases = await TryClaimAsync(store, odd);

        Assert.Equal(Names(odd).Order(StringComparer.Ordinal), leases.Select(l => l.Preset).Order(StringComparer.Ordinal));
        Assert.Empty(await TryClaimAsync(store, odd));
    }

    [Fact]
    public async Task The_longest_due_comes_first()
    {
        IRuntimeDriver store = await InstanceAsync();
        var leases = (await TryClaimAsync(store, "a", "b", "c", "d")).ToDictionary(l => l.Preset);
        foreach (string name in Names("c", "a", "d", "b"))
        {
            Assert.True(await store.CompleteAsync(leases[name], null, TimeSpan.Zero, Ct));
            await AdvanceAsync(TimeSpan.FromMilliseconds(10));
        }

        string[] all = Names("a", "b", "c", "d");
        Assert.Equal(Names("c"), (await store.ClaimAsync(new("me", all, 1, Lease), Ct)).Select(l => l.Preset));
        Assert.Equal(Names("a", "d", "b"), (await store.ClaimAsync(new("me", all, 10, Lease), Ct)).Select(l => l.Preset));
    }

    [Fact]
    public async Task Tokens_rise_over_completion_expiry_and_oblivion()
    {
        IRuntimeDriver mine = await InstanceAsync(), theirs = await InstanceAsync();
        PresetLease first = await ClaimAsync(mine, "web");
        Assert.True(await mine.CompleteAsync(first, null, TimeSpan.Zero, Ct));

        PresetLease second = await ClaimAsync(theirs, "web");
        Assert.True(second.Token > first.Token, $"{second.Token} after {first.Token}");

        await AdvanceAsync(Lease);
        PresetLease third = await ClaimAsync(mine, "web");
        Assert.True(third.Token > second.Token, $"{third.Token} after {second.Token}");

        Assert.True(await mine.CompleteAsync(third, null, TimeSpan.Zero, Ct));
        await theirs.ForgetAsync(Names("web"), Ct);
        PresetLease fourth = await ClaimAsync(theirs, "web");
        Assert.True(fourth.Token > third.Token, $"{fourth.Token} after {third.Token}");
    }

    [Fact]
    public async Task A_lease_that_ran_out_is_free_and_was_not_handed_over()
    {
        IRuntimeDriver mine = await InstanceAsync(), theirs = await InstanceAsync();
        await ClaimAsync(mine, "web");
        await AdvanceAsync(Lease);

        Assert.False((await ClaimAsync(theirs, "web")).CleanHandover);
    }

    [Fact]
    public async Task A_completed_preset_is_due_again_when_it_was_said_and_was_handed_over()
    {
        IRuntimeDriver mine = await InstanceAsync(), theirs = await InstanceAsync();
        Assert.True(await mine.CompleteAsync(await ClaimAsync(mine, "web"), null, Lease, Ct));

        await AdvanceAsync(Lease / 2);
        Assert.Empty(await TryClaimAsync(theirs, "web"));
        await AdvanceAsync(Lease / 2);
        Assert.True((await ClaimAsync(theirs, "web")).CleanHandover);
    }

    [Fact]
    public async Task A_lease_that_ran_out_changes_nothing_though_nobody_else_has_claimed()
    {
        IRuntimeDriver store = await InstanceAsync();
        PresetLease lease = await ClaimAsync(store, "web");
        Assert.True(await store.SaveAsync(lease, "kept"u8.ToArray(), acted: false, Ct));
        await AdvanceAsync(Lease);

        await AssertPowerlessAsync(store, lease);
        PresetLease next = await ClaimAsync(store, "web");
        Assert.False(next.CleanHandover);
        Assert.Null(next.SinceActed);
        Assert.Null(next.SinceCompleted);
        AssertDocument("kept"u8.ToArray(), next.State);
    }

    [Fact]
    public async Task An_older_token_changes_nothing_and_leaves_the_newer_lease_alone()
    {
        IRuntimeDriver mine = await InstanceAsync(), theirs = await InstanceAsync();
        PresetLease old = await ClaimAsync(mine, "web");
        await AdvanceAsync(Lease);
        PresetLease current = await ClaimAsync(theirs, "web");
        Assert.True(await theirs.SaveAsync(current, "theirs"u8.ToArray(), acted: false, Ct));

        await AssertPowerlessAsync(mine, old);
        Assert.Empty(await TryClaimAsync(mine, "web"));
        Assert.True(await theirs.CompleteAsync(current, null, TimeSpan.Zero, Ct));
        PresetLease next = await ClaimAsync(mine, "web");
        Assert.Null(next.SinceActed);
        AssertDocument("theirs"u8.ToArray(), next.State);
    }

    [Fact]
    public async Task A_lease_given_back_changes_nothing_any_more()
    {
        IRuntimeDriver store = await InstanceAsync();
        PresetLease lease = await ClaimAsync(store, "web");
        Assert.True(await store.CompleteAsync(lease, "kept"u8.ToArray(), Lease, Ct));

        await AssertPowerlessAsync(store, lease);
        AssertDocument("kept"u8.ToArray(), (await store.ReadAsync(Names("web"), Ct))[Name("web")]);
        Assert.Empty(await TryClaimAsync(store, "web"));
    }

    [Fact]
    public async Task Renewing_prolongs_from_now()
    {
        IRuntimeDriver mine = await InstanceAsync(), theirs = await InstanceAsync();
        PresetLease lease = await ClaimAsync(mine, "web");
        await AdvanceAsync(Lease / 2);
        Assert.Equal([true], await mine.RenewAsync([lease], Lease, Ct));

        await AdvanceAsync(Lease * 0.75);
        Assert.Empty(await TryClaimAsync(theirs, "web"));
        Assert.True(await mine.SaveAsync(lease, "still mine"u8.ToArray(), acted: false, Ct));

        await AdvanceAsync(Lease * 0.25);
        Assert.False((await ClaimAsync(theirs, "web")).CleanHandover);
    }

    [Fact]
    public async Task Renewing_answers_for_each_lease_in_turn()
    {
        IRuntimeDriver store = await InstanceAsync();
        PresetLease gone = await ClaimAsync(store, "a"), held = await ClaimAsync(store, "b");
        Assert.True(await store.CompleteAsync(gone, null, Lease, Ct));
        var unheard = new PresetLease(Name("c"), held.Token, Lease);

        Assert.Equal([false, true, false, true], await store.RenewAsync([gone, held, unheard, held], Lease, Ct));
        Assert.Empty(await store.RenewAsync([], Lease, Ct));
    }

    [Fact]
    public async Task Claimers_side_by_side_take_each_preset_once()
    {
        const int claimers = 8;
        string[] names = [.. Enumerable.Range(0, 100).Select(i => Name($"{i:000}"))];
        int taken = 0;
        async Task<List<PresetLease>> TakeAsync(int claimer)
        {
            IRuntimeDriver store = await CreateInstanceAsync();
            lock (_instances) _instances.Add(store);
            List<PresetLease> mine = [];

            // A short or empty answer may be contention; so it ends when all are taken, or when it plainly never will.
            for (int tries = 0; tries < 1_000 && Volatile.Read(ref taken) < names.Length; tries++)
            {
                IReadOnlyList<PresetLease> leases = await store.ClaimAsync(new($"claimer-{claimer}", names, 3, Lease * 10), Ct);
                mine.AddRange(leases);
                Interlocked.Add(ref taken, leases.Count);
            }

            return mine;
        }

        List<PresetLease>[] all = await Task.WhenAll(Enumerable.Range(0, claimers).Select(i => Task.Run(() => TakeAsync(i), Ct)));
        Assert.Equal(names, all.SelectMany(l => l).Select(l => l.Preset).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_instance_that_leaves_takes_no_lease_with_it()
    {
        IRuntimeDriver mine = await InstanceAsync(), theirs = await InstanceAsync();
        PresetLease lease = await ClaimAsync(mine, "web");
        _instances.Remove(mine);
        await mine.DisposeAsync();

        Assert.Empty(await TryClaimAsync(theirs, "web"));
        Assert.True(await theirs.CompleteAsync(lease, null, TimeSpan.Zero, Ct));
    }

    [Fact]
    public async Task A_cancelled_call_throws_and_changes_nothing()
    {
        IRuntimeDriver store = await InstanceAsync();
        PresetLease lease = await ClaimAsync(store, "web");
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        CancellationToken ct = cancelled.Token;
        byte[] late = "late"u8.ToArray();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.ClaimAsync(new("me", Names("other"), 1, Lease), ct));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.SaveAsync(lease, late, acted: true, ct));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.CompleteAsync(lease, late, TimeSpan.Zero, ct));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.RenewAsync([lease], Lease * 100, ct));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.ReadAsync(Names("web"), ct));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.RequestAsync(Name("web"), "late", ct));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.ForgetAsync(Names("web"), ct));

        await ClaimAsync(store, "other");
        await AdvanceAsync(Lease);
        PresetLease next = await ClaimAsync(store, "web");
        Assert.False(next.CleanHandover);
        Assert.Null(next.SinceActed);
        Assert.Null(next.State);
        Assert.Empty(next.Requests);
    }

    /// <summary>One preset, managed by "mine" and due again.</summary>
    async Task<(IRuntimeDriver Store, string[] Web)> GivenBackAsync(TimeSpan dueIn)
    {
        IRuntimeDriver store = await SharedAsync();
        string[] web = Names("web");
        PresetLease lease = Assert.Single(await store.ClaimAsync(Claim("mine", web), Ct));
        Assert.True(await store.CompleteAsync(lease, null, dueIn, Ct));
        return (store, web);
    }

    async Task<IRuntimeDriver> SharedAsync()
    {
        IRuntimeDriver store = await InstanceAsync();
        Assert.SkipUnless(store.IsShared, "courtesy is between instances: this store has only one");
        return store;
    }

    ClaimRequest Claim(string instance, string[] names, TimeSpan courtesy = default) => new(instance, names, names.Length, Lease) { Courtesy = courtesy };
}
