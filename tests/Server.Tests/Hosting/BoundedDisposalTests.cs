using Microsoft.Extensions.Time.Testing;
using VmShepherd.Server.Hosting;

namespace VmShepherd.Server.Tests.Hosting;

public sealed class BoundedDisposalTests
{
    readonly FakeTimeProvider _time = new();
    readonly TaskCompletionSource _end = new();

    [Fact]
    public async Task What_hangs_is_left_to_the_end_of_the_process()
    {
        Task disposing = Dispose();
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(disposing.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        await disposing;
    }

    [Fact]
    public async Task What_ends_in_time_is_waited_for_and_its_failure_is_told()
    {
        Task disposing = Dispose();
        Assert.False(disposing.IsCompleted);
        _end.SetException(new IOException("full"));
        await Assert.ThrowsAsync<IOException>(() => disposing);
    }

    Task Dispose() => new BoundedDisposal(new Slow(_end.Task), TimeSpan.FromSeconds(2), _time).DisposeAsync().AsTask();

    sealed class Slow(Task end) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => new(end);
    }
}
