using Microsoft.Extensions.Time.Testing;
using VmShepherd.Server.Hosting;

namespace VmShepherd.Server.Tests.Hosting;

public sealed class BoundedDisposalTests
{
    readonly FakeTimeProvider _time = new();
    readonly TaskCompletionSource _end = new();
    readonly ManualResetEventSlim _blocked = new(true);
    int _givenUp;

    [Theory, InlineData(true), InlineData(false)]
    public async Task What_hangs_is_left_to_the_end_of_the_process_and_told(bool blocks)
    {
        if (blocks) _blocked.Reset();
        Task disposing = Dispose();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(disposing.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        await disposing;
        Assert.Equal(1, _givenUp);
        _blocked.Set();
    }

    [Fact]
    public async Task What_ends_in_time_is_waited_for_and_its_failure_is_told()
    {
        Task disposing = Dispose();
        Assert.False(disposing.IsCompleted);
        _end.SetException(new IOException("full"));
        await Assert.ThrowsAsync<IOException>(() => disposing);
        Assert.Equal(0, _givenUp);
    }

    Task Dispose() => new BoundedDisposal(new Slow(_blocked, _end.Task), TimeSpan.FromSeconds(2), _time, () => _givenUp++).DisposeAsync().AsTask();

    sealed class Slow(ManualResetEventSlim blocked, Task end) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            blocked.Wait();
            return new(end);
        }
    }
}
