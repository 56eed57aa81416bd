using Core.Tests.Safety;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Core.Drivers;
using VmShepherd.Core.Loop;
using Xunit;

namespace Core.Tests.Loop;

/// <summary>Drivers are anybody's code: whatever one does while it is examined, it is a finding of its own presets.</summary>
public sealed class ExaminationTests
{
    static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_doctor_that_throws_is_a_finding_of_its_own_presets() =>
        Assert.Equal((false, "driver", "it failed with KeyNotFoundException: no such flavour"), await OnlyAsync(() => new Doctor((_, _) => throw new KeyNotFoundException("no such flavour"))));

    [Fact]
    public async Task A_driver_that_can_not_be_made_is_a_finding() =>
        Assert.Equal((false, "driver", "it failed with NotSupportedException when it was made: no libcloud here"), await OnlyAsync(() => throw new NotSupportedException("no libcloud here")));

    [Fact]
    public async Task Options_that_contradict_one_another_are_a_finding() =>
        Assert.Equal((false, "options", "give a or b"), await OnlyAsync(() => throw new ArgumentException("give a or b")));

    [Fact]
    public async Task A_driver_that_breaks_its_word_on_a_look_is_a_finding() =>
        Assert.Equal((false, "driver", "it failed with InvalidOperationException: broken"), await OnlyAsync(() => new FakeIaas([]) { OnList = _ => throw new InvalidOperationException("broken") }));

    [Fact]
    public async Task A_doctor_that_cancels_itself_is_a_finding() =>
        Assert.Equal((false, "driver", "it failed with TaskCanceledException: A task was canceled."), await OnlyAsync(() => new Doctor((_, _) => Task.FromCanceled<IReadOnlyList<Finding>>(new CancellationToken(true)))));

    [Fact]
    public async Task A_doctor_that_never_answers_is_given_up_whether_it_hears_of_it_or_not()
    {
        var time = new FakeTimeProvider();
        Task<IReadOnlyList<Finding>> examination = ExamineAsync(() => new Doctor((_, _) => new TaskCompletionSource<IReadOnlyList<Finding>>().Task), time, Ct);
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal("no answer within 5 min", Assert.Single(await examination).Text);
    }

    [Fact]
    public async Task Who_ends_the_command_ends_the_examination()
    {
        using var end = new CancellationTokenSource();
        Task<IReadOnlyList<Finding>> examination = ExamineAsync(() => new Doctor((_, _) => new TaskCompletionSource<IReadOnlyList<Finding>>().Task), new FakeTimeProvider(), end.Token);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => examination);
    }

    static async Task<(bool IsGood, string Subject, string Text)> OnlyAsync(Func<IIaasDriver> create)
    {
        Finding finding = Assert.Single(await ExamineAsync(create, new FakeTimeProvider(), Ct));
        return (finding.IsGood, finding.Subject, finding.Text);
    }

    static async Task<IReadOnlyList<Finding>> ExamineAsync(Func<IIaasDriver> create, TimeProvider time, CancellationToken cancellationToken)
    {
        var registry = new DriverRegistry();
        registry.Add(new DriverOffer(DriverGroup.Iaas, "Fake", "elsewhere", () => new DriverDeclaration(DriverGroup.Iaas, "Fake", "elsewhere", [], () => new object(), (_, _) => create())));
        await using var pool = new DriverPool(registry, new DriverContext(time, new Random(1), "/"));
        return await Examination.OfAsync(pool, [Given.Preset(1)], time, cancellationToken);
    }

    /// <summary>Somebody else's.</summary>
    sealed class Doctor(Func<IReadOnlyCollection<Wish>, CancellationToken, Task<IReadOnlyList<Finding>>> examine) : IIaasDriver, IIaasDoctor
    {
        public TimeSpan VisibilityGrace => TimeSpan.Zero;

        public Task<IReadOnlyList<Finding>> ExamineAsync(IReadOnlyCollection<Wish> wishes, CancellationToken cancellationToken) => examine(wishes, cancellationToken);

        public Task<string> GetScopeAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<Vm>> ListAsync(IReadOnlyCollection<string> presets, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<Vm?> FindAsync(string id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<string> CreateAsync(VmRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task TerminateAsync(VmTermination termination, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
