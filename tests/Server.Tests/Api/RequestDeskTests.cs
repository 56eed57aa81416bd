using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using VmShepherd.Core.Planning;
using VmShepherd.Server.Api;
using VmShepherd.Server.Api.JsonRpc;
using VmShepherd.Server.Hosting;
using VmShepherd.Server.Tests.Running;

namespace VmShepherd.Server.Tests.Api;

/// <summary>A loop that does not answer: the shepherd is real, but never run.</summary>
public sealed class RequestDeskTests : IAsyncDisposable
{
    readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch);
    readonly CancellationTokenSource _stopping = new();
    readonly Installation _installation = new();
    readonly UserdataRenderer _userdata = BuiltIn.Userdata();
    readonly Shepherd _shepherd;
    readonly RequestDesk _desk;

    public RequestDeskTests()
    {
        Settings settings = SettingsFile.Read(_installation.SettingsFile, BuiltIn.Drivers()).Settings!;
        _shepherd = new Shepherd(settings, BuiltIn.Drivers(), _userdata, _installation.Folder, "test", _time, new Random(1), NullLoggerFactory.Instance);
        _desk = new RequestDesk(_shepherd, _time, _stopping.Token);
    }

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_an_answer_in_ten_seconds_the_request_is_said_to_be_queued()
    {
        Task<ReadOnlyMemory<byte>> asked = AskAsync("1");
        DateTimeOffset began = _time.GetUtcNow();
        while (!asked.IsCompleted)
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        RpcException queued = await Assert.ThrowsAsync<RpcException>(() => asked);
        Assert.Equal(RpcCode.Failed, queued.Code);
        Assert.StartsWith("queued", queued.Message, StringComparison.Ordinal);
        Assert.InRange(_time.GetUtcNow() - began, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(12));
    }

    [Fact]
    public async Task A_stop_ends_the_waiting_at_once()
    {
        Task<ReadOnlyMemory<byte>> asked = AskAsync("1");

        await _stopping.CancelAsync();

        Assert.StartsWith("queued", (await Assert.ThrowsAsync<RpcException>(() => asked)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Not_more_than_64_callers_wait()
    {
        Task<ReadOnlyMemory<byte>>[] waiting = [.. Enumerable.Range(0, 64).Select(i => AskAsync($"{i}"))];

        Assert.StartsWith("busy", (await Assert.ThrowsAsync<RpcException>(() => AskAsync("64"))).Message, StringComparison.Ordinal);

        await _stopping.CancelAsync();
        await Assert.ThrowsAsync<RpcException>(() => Task.WhenAll(waiting));
    }

    public async ValueTask DisposeAsync()
    {
        await _shepherd.DisposeAsync();
        await _userdata.DisposeAsync();
        _stopping.Dispose();
        _installation.Dispose();
    }

    Task<ReadOnlyMemory<byte>> AskAsync(string id) => _desk.AskAsync("web", new Request.Terminate(id, "test", "vm"), Ct);
}
