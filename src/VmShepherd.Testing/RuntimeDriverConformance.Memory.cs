#pragma warning disable CS1591 // A test's name documents it.

using VmShepherd.Abstractions;
using Xunit;

namespace VmShepherd.Testing;

public abstract partial class RuntimeDriverConformance
{
    [Fact]
    public async Task A_document_comes_back_byte_for_byte()
    {
        IRuntimeDriver mine = await InstanceAsync(), theirs = await InstanceAsync();
        byte[] every = [.. Enumerable.Range(0, 256).Select(b => (byte)b)];
        PresetLease lease = await ClaimAsync(mine, "web");

        Assert.True(await mine.SaveAsync(lease, every, acted: false, Ct));
        AssertDocument(every, (await theirs.ReadAsync(Names("web"), Ct))[Name("web")]);
        Assert.True(await mine.CompleteAsync(lease, every.AsMemory(16, 100), TimeSpan.Zero, Ct));
        AssertDocument(every[16..116], (await ClaimAsync(theirs, "web")).State);
    }

    [Fact]
    public async Task A_large_and_an_empty_document_are_documents()
    {
        IRuntimeDriver store = await InstanceAsync();
        byte[] large = new byte[1_000_000];
        for (int i = 0; i < large.Length; i++) large[i] = (byte)(i * 31 >> 3);
        PresetLease lease = await ClaimAsync(store, "web");

        Assert.True(await store.SaveAsync(lease, large, acted: false, Ct));
        AssertDocument(large, (await store.ReadAsync(Names("web"), Ct))[Name("web")]);
        Assert.True(await store.CompleteAsync(lease, ReadOnlyMemory<byte>.Empty, TimeSpan.Zero, Ct));
        AssertDocument([], (await ClaimAsync(store, "web")).State);
    }

    [Fact]
    public async Task A_stored_document_does_not_follow_the_callers_buffer()
    {
        IRuntimeDriver store = await InstanceAsync();
        byte[] buffer = [1, 2, 3];
        Assert.True(await store.SaveAsync(await ClaimAsync(store, "web"), buffer, acted: false, Ct));
        buffer[0] = 9;

        AssertDocument([1, 2, 3], (await store.ReadAsync(Names("web"), Ct))[Name("web")]);
    }

    [Fact]
    public async Task A_version_rises_with_every_write_and_not_without()
    {
        IRuntimeDriver store = await InstanceAsync();
        PresetLease lease = await ClaimAsync(store, "web");
        List<long> versions = [];
        async Task NoteAsync() => versions.Add((await store.ReadAsync(Names("web"), Ct))[Name("web")].Version);

        Assert.True(await store.SaveAsync(lease, "a"u8.ToArray(), acted: false, Ct));
        await NoteAsync();
        Assert.True(await store.SaveAsync(lease, "a"u8.ToArray(), acted: false, Ct));
        await NoteAsync();
        Assert.True(await store.CompleteAsync(lease, "b"u8.ToArray(), TimeSpan.Zero, Ct));
        await NoteAsync();
        lease = await ClaimAsync(store, "web");
        Assert.True(await store.CompleteAsync(lease, null, Lease, Ct));
        await NoteAsync();

        Assert.Equal(4, versions.Count);
        Assert.True(versions[0] < versions[1] && versions[1] < versions[2], string.Join(", ", versions));
        Assert.Equal(versions[2], versions[3]);
        Assert.Equal(versions[2], lease.State!.Version);
        AssertDocument("b"u8.ToArray(), (await store.ReadAsync(Names("web"), Ct))[Name("web")]);
    }

    [Fact]
    public async Task The_age_of_a_document_counts_from_its_last_write()
    {
        IRuntimeDriver store = await InstanceAsync();
        PresetLease lease = await ClaimAsync(store, "web");
        Assert.True(await store.SaveAsync(lease, "a"u8.ToArray(), acted: false, Ct));
        await AdvanceAsync(Lease / 4);
        AssertAbout(Lease / 4, (await store.ReadAsync(Names("web"), Ct))[Name("web")].Age);

        Assert.True(await store.SaveAsync(lease, "a"u8.ToArray(), acted: false, Ct));
        AssertAbout(TimeSpan.Zero, (await store.ReadAsync(Names("web"), Ct))[Name("web")].Age);
        Assert.True(await store.CompleteAsync(lease, null, TimeSpan.Zero, Ct));
        await AdvanceAsync(Lease / 4);
        AssertAbout(Lease / 4, (await ClaimAsync(store, "web")).State?.Age);
    }

    [Fact]
    public async Task SinceActed_counts_from_the_last_save_that_said_so()
    {
        IRuntimeDriver mine = await InstanceAsync(), theirs = await InstanceAsync();
        PresetLease lease = await ClaimAsync(mine, "web");
        Assert.True(await mine.SaveAsync(lease, "a"u8.ToArray(), acted: true, Ct));
        await AdvanceAsync(Lease / 4);
        Assert.True(await mine.SaveAsync(lease, "b"u8.ToArray(), acted: false, Ct));
        await AdvanceAsync(Lease / 4);
        Assert.True(await mine.CompleteAsync(lease, "c"u8.ToArray(), TimeSpan.Zero, Ct));

        lease = await ClaimAsync(theirs, "web");
        AssertAbout(Lease / 2, lease.SinceActed);
        Assert.True(await theirs.SaveAsync(lease, "d"u8.ToArray(), acted: true, Ct));
        await AdvanceAsync(Lease);
        AssertAbout(Lease, (await ClaimAsync(mine, "web")).SinceActed);
    }

    [Fact]
    public async Task SinceCompleted_counts_from_the_last_completion_whatever_ran_out_after_it()
    {
        IRuntimeDriver store = await InstanceAsync();
        Assert.True(await store.CompleteAsync(await ClaimAsync(store, "web"), null, TimeSpan.Zero, Ct));
        await AdvanceAsync(Lease / 2);
        AssertAbout(Lease / 2, (await ClaimAsync(store, "web")).SinceCompleted);
        await AdvanceAsync(Lease);
        AssertAbout(Lease * 1.5, (await ClaimAsync(store, "web")).SinceCompleted);
    }

    [Fact]
    public async Task Reading_needs_no_lease_and_leaves_out_what_is_not_there()
    {
        IRuntimeDriver mine = await InstanceAsync(), theirs = await InstanceAsync();
        PresetLease lease = await ClaimAsync(mine, "a");
        await ClaimAsync(mine, "b");
        Assert.True(await mine.SaveAsync(lease, "a"u8.ToArray(), acted: false, Ct));

        IReadOnlyDictionary<string, VersionedDocument> read = await theirs.ReadAsync(Names("a", "b", "c"), Ct);
        Assert.Equal(Name("a"), Assert.Single(read).Key);
        Assert.Empty(await theirs.ReadAsync([], Ct));
        Assert.Empty(await theirs.ReadAsync(Names("b"), Ct));
    }

    [Fact]
    public async Task Requests_come_in_order_and_completing_consumes_them()
    {
        IRuntimeDriver mine = await InstanceAsync(), theirs = await InstanceAsync();
        string[] asked = ["first", "second", "first", "", "{\"kind\": \"terminate\", \"vm\": \"\u00e9'\\\"}"];
        foreach (string request in asked) await theirs.RequestAsync(Name("web"), request, Ct);

        PresetLease lease = await ClaimAsync(mine, "web");
        Assert.Equal(asked, lease.Requests);
        Assert.True(await mine.CompleteAsync(lease, null, TimeSpan.Zero, Ct));
        Assert.Empty((await ClaimAsync(theirs, "web")).Requests);
    }

    [Fact]
    public async Task A_request_makes_a_free_preset_due_at_once()
    {
        IRuntimeDriver mine = await InstanceAsync(), theirs = await InstanceAsync();
        Assert.True(await mine.CompleteAsync(await ClaimAsync(mine, "web"), null, Lease * 100, Ct));
        Assert.Empty(await TryClaimAsync(mine, "web"));

        await theirs.RequestAsync(Name("web"), "now", Ct);
        Assert.Equal(["now"], (await ClaimAsync(mine, "web")).Requests);
    }

    [Fact]
    public async Task A_request_that_came_in_meanwhile_outlives_the_completion_and_makes_due_at_once()
    {
        IRuntimeDriver mine = await InstanceAsync(), theirs = await InstanceAsync();
        await theirs.RequestAsync(Name("web"), "early", Ct);
        PresetLease lease = await ClaimAsync(mine, "web");
        await theirs.RequestAsync(Name("web"), "late", Ct);
        await theirs.RequestAsync(Name("web"), "later", Ct);

        Assert.Empty(await TryClaimAsync(theirs, "web"));
        Assert.True(await mine.CompleteAsync(lease, null, Lease * 100, Ct));
        PresetLease next = await ClaimAsync(theirs, "web");
        Assert.Equal(["late", "later"], next.Requests);
        Assert.True(await theirs.CompleteAsync(next, null, Lease * 100, Ct));
        Assert.Empty(await TryClaimAsync(mine, "web"));
    }

    [Fact]
    public async Task A_holder_that_gives_the_lease_back_without_its_requests_leaves_them_to_the_next()
    {
        IRuntimeDriver mine = await InstanceAsync(), theirs = await InstanceAsync();
        await mine.RequestAsync(Name("web"), "unanswered", Ct);
        PresetLease lease = await ClaimAsync(mine, "web");
        Assert.True(await mine.CompleteAsync(lease with { Requests = [] }, null, Lease * 100, Ct));

        Assert.Equal(["unanswered"], (await ClaimAsync(theirs, "web")).Requests);
    }

    [Fact]
    public async Task Requests_of_a_lease_that_ran_out_come_with_the_next()
    {
        IRuntimeDriver mine = await InstanceAsync(), theirs = await InstanceAsync();
        await mine.RequestAsync(Name("web"), "seen", Ct);
        PresetLease lost = await ClaimAsync(mine, "web");
        await mine.RequestAsync(Name("web"), "unseen", Ct);
        await AdvanceAsync(Lease);
        Assert.False(await mine.CompleteAsync(lost, null, Lease, Ct));

        Assert.Equal(["seen", "unseen"], (await ClaimAsync(theirs, "web")).Requests);
    }

    [Fact]
    public async Task Saving_and_renewing_consume_no_request()
    {
        IRuntimeDriver store = await InstanceAsync();
        await store.RequestAsync(Name("web"), "once", Ct);
        PresetLease lease = await ClaimAsync(store, "web");
        Assert.True(await store.SaveAsync(lease, "a"u8.ToArray(), acted: true, Ct));
        Assert.Equal([true], await store.RenewAsync([lease], Lease, Ct));
        await AdvanceAsync(Lease);

        Assert.Equal(["once"], (await ClaimAsync(store, "web")).Requests);
    }

    [Fact]
    public async Task A_hundred_requests_are_held_and_none_is_dropped_in_silence()
    {
        IRuntimeDriver store = await InstanceAsync();
        List<string> held = [];
        for (int i = 0; i < 150; i++)
        {
            string request = $"request {i}";
            try
            {
                await store.RequestAsync(Name("web"), request, Ct);
                held.Add(request);
            }
            catch (Exception e) when (e is not OperationCanceledException && i >= 100)
            {
                Assert.NotEmpty(e.Message);
            }
        }

        Assert.Equal(held, (await ClaimAsync(store, "web")).Requests);
    }

    [Fact]
    public async Task Forgetting_drops_what_was_kept()
    {
        IRuntimeDriver mine = await InstanceAsync(), theirs = await InstanceAsync();
        PresetLease lease = await ClaimAsync(mine, "web");
        Assert.True(await mine.SaveAsync(lease, "a"u8.ToArray(), acted: true, Ct));
        Assert.True(await mine.CompleteAsync(lease, null, Lease * 100, Ct));
        await mine.RequestAsync(Name("web"), "forgotten", Ct);
        await theirs.ForgetAsync(Names("web", "never heard of"), Ct);

        Assert.Empty(await mine.ReadAsync(Names("web"), Ct));
        PresetLease next = await ClaimAsync(mine, "web");
        Assert.Null(next.State);
        Assert.Null(next.SinceActed);
        Assert.Null(next.SinceCompleted);
        Assert.Empty(next.Requests);
    }

    [Fact]
    public async Task Forgetting_drops_nothing_else()
    {
        IRuntimeDriver store = await InstanceAsync();
        PresetLease kept = await ClaimAsync(store, "kept");
        Assert.True(await store.CompleteAsync(kept, "a"u8.ToArray(), Lease, Ct));
        await store.ForgetAsync(Names("kep", "kept2", "KEPT"), Ct);

        AssertDocument("a"u8.ToArray(), (await store.ReadAsync(Names("kept"), Ct))[Name("kept")]);
        Assert.Empty(await TryClaimAsync(store, "kept"));
    }

    [Fact]
    public async Task Forgetting_a_held_preset_lets_nobody_else_in_while_its_lease_runs()
    {
        IRuntimeDriver mine = await InstanceAsync(), theirs = await InstanceAsync();
        PresetLease lease = await ClaimAsync(mine, "web");
        await theirs.ForgetAsync(Names("web"), Ct);

        await AdvanceAsync(Lease / 2);
        Assert.Empty(await TryClaimAsync(theirs, "web"));
        await AdvanceAsync(Lease / 2);
        PresetLease next = await ClaimAsync(theirs, "web");
        Assert.True(next.Token > lease.Token, $"{next.Token} after {lease.Token}");
    }

    async Task<IRuntimeDriver> InstanceAsync()
    {
        IRuntimeDriver instance = await CreateInstanceAsync();
        _instances.Add(instance);
        return instance;
    }

    string Name(string name) => _prefix + name;

    string[] Names(params string[] names) => [.. names.Select(Name)];

    Task<IReadOnlyList<PresetLease>> TryClaimAsync(IRuntimeDriver store, params string[] names) =>
        store.ClaimAsync(new ClaimRequest("conformance", Names(names), Math.Max(1, names.Length), Lease), Ct);

    async Task<PresetLease> ClaimAsync(IRuntimeDriver store, string name) => Assert.Single(await TryClaimAsync(store, name));

    async Task AssertPowerlessAsync(IRuntimeDriver store, PresetLease lease)
    {
        Assert.False(await store.SaveAsync(lease, "stale"u8.ToArray(), acted: true, Ct));
        Assert.Equal([false], await store.RenewAsync([lease], Lease * 100, Ct));
        Assert.False(await store.CompleteAsync(lease, "stale"u8.ToArray(), TimeSpan.Zero, Ct));
    }

    static void AssertDocument(byte[] expected, VersionedDocument? actual)
    {
        Assert.NotNull(actual);
        Assert.True(actual.Content.Span.SequenceEqual(expected), $"{expected.Length} bytes were stored, {actual.Content.Length} others came back");
    }

    void AssertAbout(TimeSpan expected, TimeSpan? actual)
    {
        Assert.NotNull(actual);
        Assert.InRange(actual.Value, expected, expected + Slack);
    }
}
