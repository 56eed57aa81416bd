using VmShepherd.Abstractions;
using Xunit;

namespace VmShepherd.Testing;

/// <summary>
/// What every <see cref="IIaasDriver"/> promises. Derive, say how to build yours, and you inherit every test below. Machines are created for real:
/// each test ends its own, whatever came of it.
/// </summary>
public abstract class IaasDriverConformance : IAsyncLifetime
{
    readonly List<VmTermination> _created = [];
    IIaasDriver? _driver;

    /// <summary>The driver under test.</summary>
    protected IIaasDriver Driver => _driver ?? throw new InvalidOperationException("The driver is there once the test has begun.");

    /// <summary>Ends with the test.</summary>
    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>How long a machine may take to run.</summary>
    protected virtual TimeSpan BootTimeout => TimeSpan.FromMinutes(5);

    /// <summary>How long a machine may be shown, and not as dead, after its end was accepted.</summary>
    protected virtual TimeSpan EndTimeout => TimeSpan.FromMinutes(5);

    /// <summary>How often to look while waiting.</summary>
    protected virtual TimeSpan Poll => TimeSpan.FromSeconds(1);

    /// <summary>False for an IaaS whose machines run in the very moment they are asked for.</summary>
    protected virtual bool MachinesBoot => true;

    /// <summary>The token under which the suite ends its machines.</summary>
    protected virtual string Token => "1";

    /// <summary>A driver that works. Called once a test; disposed after it if it can be.</summary>
    protected abstract Task<IIaasDriver> CreateDriverAsync();

    /// <summary>A driver whose IaaS is out of reach: nobody listens there, or it answers nothing of use.</summary>
    protected abstract Task<IIaasDriver> CreateUnreachableDriverAsync();

    /// <summary>A name for a preset that nobody else uses.</summary>
    protected virtual string NewPreset() => $"conformance-{Guid.NewGuid():N}"[..24];

    /// <summary>A request that the IaaS accepts. Must carry the intent in its metadata, as the core's requests do.</summary>
    /// <param name="preset">The machine's name.</param>
    protected virtual VmRequest NewRequest(string preset)
    {
        string intent = Guid.NewGuid().ToString("N");
        return new VmRequest(preset, intent, "image", "flavor")
        {
            Metadata = new Dictionary<string, string>
            {
                [VmMetadata.Installation] = "conformance",
                [VmMetadata.Preset] = preset,
                [VmMetadata.Intent] = intent,
                [VmMetadata.Token] = Token,
                ["colour"] = "blue",
            },
        };
    }

    /// <summary>The driver's clock.</summary>
    protected virtual TimeProvider Time => TimeProvider.System;

    /// <summary>Lets time pass: the real one, unless the driver lives on another clock.</summary>
    /// <param name="span">How much.</param>
    protected virtual Task AdvanceAsync(TimeSpan span) => Task.Delay(span, TimeProvider.System, Ct);

    /// <summary>Builds the driver.</summary>
    public async ValueTask InitializeAsync() => _driver = await CreateDriverAsync();

    /// <summary>Ends what the test created, and the driver.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        foreach (VmTermination termination in _created) await Driver.TerminateAsync(termination, CancellationToken.None);
        if (_driver is not null) await DisposeOfAsync(_driver);
        GC.SuppressFinalize(this);
    }

    /// <summary><see cref="IIaasDriver.GetScopeAsync"/>.</summary>
    [Fact]
    public async Task The_scope_is_stable()
    {
        string first = await Driver.GetScopeAsync(Ct);
        await CreateAsync(NewPreset());
        Assert.NotEmpty(first);
        Assert.Equal(first, await Driver.GetScopeAsync(Ct));
        IIaasDriver another = await CreateDriverAsync();
        Assert.Equal(first, await another.GetScopeAsync(Ct));
        await DisposeOfAsync(another);
    }

    /// <summary><see cref="IIaasDriver.VisibilityGrace"/>.</summary>
    [Fact]
    public async Task The_visibility_grace_never_shrinks()
    {
        TimeSpan before = Driver.VisibilityGrace;
        Assert.True(before >= TimeSpan.Zero);
        string preset = NewPreset();
        await CreateAsync(preset);
        await Driver.ListAsync([preset], Ct);
        Assert.True(Driver.VisibilityGrace >= before);
    }

    /// <summary><see cref="VmRequest.SendBefore"/>, <see cref="VmTermination.SendBefore"/>.</summary>
    [Fact]
    public async Task What_may_not_be_sent_any_more_is_not_sent()
    {
        string preset = NewPreset(), id = await CreateAsync(preset);
        VmRequest create = NewRequest(preset) with { SendBefore = Time.GetTimestamp() };
        var end = new VmTermination(id, preset, Token) { SendBefore = Time.GetTimestamp() };

        Assert.False((await Assert.ThrowsAsync<IaasException>(() => Driver.CreateAsync(create, Ct))).EffectUnknown);
        Assert.False((await Assert.ThrowsAsync<IaasException>(() => Driver.TerminateAsync(end, Ct))).EffectUnknown);
        await AdvanceAsync(Driver.VisibilityGrace);
        Assert.Equal(id, Assert.Single(await Driver.ListAsync([preset], Ct)).Id);
    }

    /// <summary><see cref="IIaasDriver.CreateAsync"/>, <see cref="IIaasDriver.ListAsync"/>.</summary>
    [Fact]
    public async Task A_created_machine_is_listed_within_the_visibility_grace()
    {
        string preset = NewPreset();
        string id = await CreateAsync(preset);
        await AdvanceAsync(Driver.VisibilityGrace);
        Vm vm = Assert.Single(await Driver.ListAsync([preset], Ct));
        Assert.Equal(id, vm.Id);
        Assert.Equal(preset, vm.Name);
    }

    /// <summary><see cref="IIaasDriver.CreateAsync"/>.</summary>
    [Fact]
    public async Task A_machine_carries_the_metadata_of_its_request_and_the_intent_among_it()
    {
        string preset = NewPreset();
        VmRequest request = NewRequest(preset);
        await CreateAsync(request);
        await AdvanceAsync(Driver.VisibilityGrace);
        Vm vm = Assert.Single(await Driver.ListAsync([preset], Ct));
        Assert.Equal(request.IntentId, vm.Metadata[VmMetadata.Intent]);
        Assert.All(request.Metadata, entry => Assert.Equal(entry.Value, vm.Metadata[entry.Key]));
    }

    /// <summary><see cref="IIaasDriver.CreateAsync"/>.</summary>
    [Fact]
    public async Task Creating_never_waits_for_the_machine_to_run()
    {
        Assert.SkipUnless(MachinesBoot, "The machines of this IaaS run at once.");
        string id = await CreateAsync(NewPreset());
        Vm? vm = await Driver.FindAsync(id, Ct);
        Assert.NotEqual(VmState.Running, vm?.State);
    }

    /// <summary><see cref="IIaasDriver.CreateAsync"/>.</summary>
    [Fact]
    public async Task Creates_side_by_side_give_distinct_machines()
    {
        string preset = NewPreset();
        string[] ids = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => CreateAsync(preset)));
        Assert.Equal(5, ids.Distinct(StringComparer.Ordinal).Count());
        await AdvanceAsync(Driver.VisibilityGrace);
        Assert.Equal(ids.Order(StringComparer.Ordinal), (await Driver.ListAsync([preset], Ct)).Select(vm => vm.Id).Order(StringComparer.Ordinal));
    }

    /// <summary><see cref="Vm.Addresses"/>.</summary>
    [Fact]
    public async Task A_running_machine_has_an_address()
    {
        string id = await CreateAsync(NewPreset());
        Vm? vm = await WaitAsync(id, seen => seen?.State is VmState.Running, BootTimeout, "runs");
        Assert.All(vm!.Addresses, address => Assert.True(System.Net.IPAddress.TryParse(address, out _), $"{address} is more than an address"));
        Assert.NotEmpty(vm.Addresses);
    }

    /// <summary><see cref="IIaasDriver.ListAsync"/>.</summary>
    [Fact]
    public async Task A_list_compares_names_exactly()
    {
        string web = NewPreset();
        string id = await CreateAsync(web);
        string[] likely = [$"{web}-1", $"repo.{web}", $"repoX{web}", web.ToUpperInvariant()];
        foreach (string name in likely) await CreateAsync(name);
        await AdvanceAsync(Driver.VisibilityGrace);

        Assert.Equal(id, Assert.Single(await Driver.ListAsync([web], Ct)).Id);
        Assert.Equal($"repo.{web}", Assert.Single(await Driver.ListAsync([$"repo.{web}"], Ct)).Name); // the dot is a dot, not any letter
    }

    /// <summary><see cref="IIaasDriver.ListAsync"/>.</summary>
    [Fact]
    public async Task One_list_serves_several_presets()
    {
        string web = NewPreset(), database = NewPreset(), other = NewPreset(), empty = NewPreset();
        string[] wanted = [await CreateAsync(web), await CreateAsync(web), await CreateAsync(database)];
        await CreateAsync(other);
        await AdvanceAsync(Driver.VisibilityGrace);
        IReadOnlyList<Vm> listed = await Driver.ListAsync([web, database, empty], Ct);
        Assert.Equal(wanted.Order(StringComparer.Ordinal), listed.Select(vm => vm.Id).Order(StringComparer.Ordinal));
    }

    /// <summary><see cref="IIaasDriver.ListAsync"/>.</summary>
    [Fact]
    public async Task The_list_of_a_preset_without_machines_is_empty()
    {
        Assert.Empty(await Driver.ListAsync([NewPreset()], Ct));
        Assert.Empty(await Driver.ListAsync([], Ct));
    }

    /// <summary><see cref="IIaasDriver.FindAsync"/>.</summary>
    [Fact]
    public async Task A_machine_is_found_by_its_id()
    {
        string preset = NewPreset();
        string id = await CreateAsync(preset);
        await AdvanceAsync(Driver.VisibilityGrace);
        Vm? vm = await Driver.FindAsync(id, Ct);
        Assert.Equal((id, preset), (vm?.Id, vm?.Name));
    }

    /// <summary><see cref="IIaasDriver.FindAsync"/>.</summary>
    [Fact]
    public async Task An_unknown_machine_is_null() => Assert.Null(await Driver.FindAsync(Guid.NewGuid().ToString(), Ct));

    /// <summary><see cref="IIaasDriver.TerminateAsync"/>.</summary>
    [Fact]
    public async Task Ending_a_machine_twice_succeeds()
    {
        string preset = NewPreset();
        string id = await CreateAsync(preset);
        await Driver.TerminateAsync(new VmTermination(id, preset, Token), Ct);
        await Driver.TerminateAsync(new VmTermination(id, preset, Token), Ct);
    }

    /// <summary><see cref="IIaasDriver.TerminateAsync"/>.</summary>
    [Fact]
    public async Task Ending_an_unknown_machine_succeeds() =>
        await Driver.TerminateAsync(new VmTermination(Guid.NewGuid().ToString(), NewPreset(), Token), Ct);

    /// <summary><see cref="IIaasDriver.TerminateAsync"/>.</summary>
    [Fact]
    public async Task An_ended_machine_goes_away_or_is_dead_and_no_other_is_touched()
    {
        string preset = NewPreset();
        string ended = await CreateAsync(preset), kept = await CreateAsync(preset);
        await WaitAsync(ended, seen => seen?.State is VmState.Running, BootTimeout, "runs");
        await WaitAsync(kept, seen => seen?.State is VmState.Running, BootTimeout, "runs");

        await Driver.TerminateAsync(new VmTermination(ended, preset, Token), Ct);

        await WaitAsync(ended, seen => seen is null || IsDead(seen), EndTimeout, "is gone");
        await AdvanceAsync(Driver.VisibilityGrace);
        Assert.Equal(kept, Assert.Single(await Driver.ListAsync([preset], Ct), vm => !IsDead(vm)).Id);
    }

    /// <summary><see cref="VmRequest.UserData"/>.</summary>
    [Fact]
    public async Task User_data_cannot_be_read_from_the_machine()
    {
        const string Secret = "s3cr3t-0f-th3-t3st";
        string preset = NewPreset();
        await CreateAsync(NewRequest(preset) with { UserData = $"#cloud-config\n# {Secret}\n" });
        await AdvanceAsync(Driver.VisibilityGrace);
        Vm vm = Assert.Single(await Driver.ListAsync([preset], Ct));
        IEnumerable<string> told = [vm.ToString(), .. vm.Metadata.Keys, .. vm.Metadata.Values, .. vm.Tags];
        Assert.All(told, text => Assert.DoesNotContain(Secret, text, StringComparison.Ordinal));
    }

    /// <summary>Cancellation.</summary>
    [Fact]
    public async Task A_cancelled_call_ends_as_cancelled()
    {
        var cancelled = new CancellationToken(canceled: true);
        string preset = NewPreset();
        foreach ((string name, Func<IIaasDriver, CancellationToken, Task> call) in Calls(preset))
        {
            Exception? end = await Record.ExceptionAsync(() => call(Driver, cancelled));
            Assert.True(end is OperationCanceledException, $"{name} ends with {end?.GetType().Name ?? "success"} when it is cancelled");
        }
    }

    /// <summary>Failures.</summary>
    [Fact]
    public async Task A_failure_leaves_as_IaasException_and_never_reads_as_empty_or_unknown()
    {
        const string Secret = "s3cr3t-0f-th3-t3st";
        IIaasDriver driver = await CreateUnreachableDriverAsync();
        foreach ((string name, Func<IIaasDriver, CancellationToken, Task> call) in Calls(NewPreset(), userData: Secret))
        {
            Exception? end = await Record.ExceptionAsync(() => call(driver, Ct));
            if (name == nameof(IIaasDriver.GetScopeAsync) && end is null) continue; // it may be known without asking
            Assert.True(end is IaasException, $"{name} ends with {end?.GetType().Name ?? "success"} when the IaaS is out of reach");
            Assert.DoesNotContain(Secret, end?.ToString(), StringComparison.Ordinal);
        }

        await DisposeOfAsync(driver);
    }

    /// <summary>Creates a machine that the suite ends after the test.</summary>
    /// <param name="preset">Its name.</param>
    protected Task<string> CreateAsync(string preset) => CreateAsync(NewRequest(preset));

    /// <summary>Creates a machine that the suite ends after the test.</summary>
    /// <param name="request">What to create.</param>
    protected async Task<string> CreateAsync(VmRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        string id = await Driver.CreateAsync(request, Ct);
        lock (_created) _created.Add(new VmTermination(id, request.Preset, Token));
        return id;
    }

    /// <summary>Looks at a machine until it is as wanted.</summary>
    /// <param name="id">The machine.</param>
    /// <param name="wanted">Whether it is; <see langword="null"/> = the IaaS does not know it.</param>
    /// <param name="timeout">How long it may take.</param>
    /// <param name="what">What is waited for, for the failure.</param>
    protected async Task<Vm?> WaitAsync(string id, Func<Vm?, bool> wanted, TimeSpan timeout, string what)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        for (TimeSpan waited = TimeSpan.Zero; ; waited += Poll)
        {
            Vm? vm = await Driver.FindAsync(id, Ct);
            if (wanted(vm)) return vm;
            Assert.True(waited < timeout, $"After {timeout} there is no sign that machine {id} {what}: {vm}");
            await AdvanceAsync(Poll);
        }
    }

    static bool IsDead(Vm vm) => vm.State is VmState.Terminated or VmState.Error or VmState.AfterTimeShutdown;

    IEnumerable<(string Name, Func<IIaasDriver, CancellationToken, Task> Call)> Calls(string preset, string? userData = null) =>
    [
        (nameof(IIaasDriver.GetScopeAsync), (driver, ct) => driver.GetScopeAsync(ct)),
        (nameof(IIaasDriver.ListAsync), (driver, ct) => driver.ListAsync([preset], ct)),
        (nameof(IIaasDriver.FindAsync), (driver, ct) => driver.FindAsync(Guid.NewGuid().ToString(), ct)),
        (nameof(IIaasDriver.CreateAsync), (driver, ct) => driver.CreateAsync(NewRequest(preset) with { UserData = userData }, ct)),
        (nameof(IIaasDriver.TerminateAsync), (driver, ct) => driver.TerminateAsync(new VmTermination(Guid.NewGuid().ToString(), preset, Token), ct)),
    ];

    static async Task DisposeOfAsync(IIaasDriver driver)
    {
        if (driver is IAsyncDisposable disposable) await disposable.DisposeAsync();
    }
}
