using VmShepherd.Core.Configuration.Templates;
using Xunit;

namespace Core.Tests.Configuration.Templates;

/// <summary>Somebody ends workers, as the kernel does where memory is short. Alone: every worker of this process is ended.</summary>
[CollectionDefinition(nameof(KilledWorkerTests), DisableParallelization = true)]
[Collection(nameof(KilledWorkerTests))]
public sealed class KilledWorkerTests
{
    /// <summary>About a second.</summary>
    const string Slow = "{% for i in range(1000) %}{% for j in range(10000) %}{% endfor %}{% endfor %}ok";

    static Task<Rendering> RenderAsync(TemplateEngine engine, string template) => engine.RenderAsync(template, new Dictionary<string, object?>(), 49_149, TestContext.Current.CancellationToken);

    static async Task KillAllAsync()
    {
        foreach (int worker in Workers.Of(Environment.ProcessId)) await Workers.KillAsync(worker);
    }

    [Fact]
    public async Task A_worker_that_was_ended_while_it_waited_is_no_fault_of_the_next_template()
    {
        await using var engine = new TemplateEngine(TimeProvider.System, "/usr/bin/python3");
        await RenderAsync(engine, "{{ 1 }}");
        await KillAllAsync();

        Assert.Equal("2", (await RenderAsync(engine, "{{ 2 }}")).Text);
    }

    [Fact]
    public async Task A_worker_that_was_ended_in_the_middle_is_followed_by_another()
    {
        await using var engine = new TemplateEngine(TimeProvider.System, "/usr/bin/python3");
        await RenderAsync(engine, "{{ 1 }}");
        Task<Rendering> slow = RenderAsync(engine, Slow);
        await KillAllAsync();

        Rendering rendered = await slow;
        Assert.Equal("ok", rendered.Text ?? rendered.Problem);
    }
}
