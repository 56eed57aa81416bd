using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Core.Configuration.Templates;
using Xunit;

namespace Core.Tests.Configuration.Templates;

public sealed class TemplateEngineTests
{
    const string Python = "/usr/bin/python3";

    static readonly Dictionary<string, object?> None = [];

    static CancellationToken Ct => TestContext.Current.CancellationToken;

    static TemplateEngine Engine(string python = Python) => new(TimeProvider.System, python);

    static Task<Rendering> RenderAsync(TemplateEngine engine, string template) => engine.RenderAsync(template, None, 49_149, Ct);

    [Theory]
    [InlineData("{{ 'x' * 10**9 }}", "MiB")]
    [InlineData("{% set ns = namespace(s='x') %}{% for i in range(40) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}", "MiB")]
    [InlineData("{% set ns = namespace(l=[1]) %}{% for i in range(40) %}{% set ns.l = ns.l + ns.l %}{% endfor %}", "MiB")]
    [InlineData("{{ 'x' * 10**6 }}", "more than 49149 bytes")]
    [InlineData("{% for i in range(99999) %}0123456789{% endfor %}", "more than 49149 bytes")]
    [InlineData("{{ 'ä' * 30000 }}", "60000 bytes")]
    [InlineData("{% for i in range(10**9) %}{% endfor %}", "Range too big")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "RecursionError")]
    [InlineData("{{ ''.__class__.__mro__[1].__subclasses__() }}", "SecurityError")]
    [InlineData("{{ ''['__class__']['__mro__'] }}", "SecurityError")]
    [InlineData("{{ (''|attr('__class__')).__mro__ }}", "SecurityError")]
    [InlineData("{{ cycler.__init__.__globals__.os.popen('id').read() }}", "SecurityError")]
    [InlineData("{{ lipsum.__globals__['os'].system('id') }}", "SecurityError")]
    [InlineData("{{ '{0.__class__.__mro__}'.format('') }}", "SecurityError")]
    [InlineData("{% include '/etc/passwd' %}", "no loader")]
    [InlineData("{% import 'os' as os %}", "no loader")]
    [InlineData("{{ open('/etc/passwd') }}", "'open' is undefined")]
    public async Task A_hostile_template_is_refused_and_the_next_one_served(string template, string why)
    {
        // Time stands still: on a busy machine the deadline could come before the wall that is meant.
        await using var engine = new TemplateEngine(new FakeTimeProvider(), Python);

        Rendering refused = await RenderAsync(engine, template);

        Assert.Null(refused.Text);
        Assert.Contains(why, refused.Problem, StringComparison.Ordinal);
        Assert.Equal("2", (await RenderAsync(engine, "{{ 1 + 1 }}")).Text);
    }

    [Fact]
    public async Task Parentheses_without_end_cost_no_more_than_their_own_template()
    {
        await using TemplateEngine engine = Engine();
        Assert.Null((await RenderAsync(engine, $"{{{{ {new string('(', 100_000)} }}}}")).Text);
        Assert.Null((await RenderAsync(engine, $"{{{{ {string.Concat(Enumerable.Repeat("-", 100_000))}1 }}}}")).Text);
        Assert.Equal("2", (await RenderAsync(engine, "{{ 1 + 1 }}")).Text);
    }

    [Fact]
    public async Task Templates_that_hang_hold_up_nobody_for_more_than_a_deadline_and_are_remembered()
    {
        await using TemplateEngine engine = Engine();
        string[] hostile =
        [
            "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
            "{{ (10 ** (10 ** 9)) % 7 }}", // one operation in C, which no alarm in the worker would end
        ];

        Task<Rendering>[] hanging = [.. hostile.Select(template => RenderAsync(engine, template))];
        Task<Rendering> good = RenderAsync(engine, "{{ 'good' }}");

        Assert.Equal("good", (await good).Text);
        Rendering[] refused = await Task.WhenAll(hanging);
        Assert.All(refused, rendering => Assert.Equal(RenderResult.OverLimit, rendering.Result));
        foreach (string template in hostile)
        {
            Rendering again = await RenderAsync(engine, template);
            Assert.Equal((RenderResult.Cached, null), (again.Result, again.Text));
        }

        Assert.Equal("good", (await RenderAsync(engine, "{{ 'good' }}")).Text);
    }

    [Fact]
    public async Task A_template_that_was_rendered_before_waits_for_no_flood_of_hanging_ones()
    {
        await using TemplateEngine engine = Engine();
        Assert.Equal("1", (await engine.RenderAsync("{{ n }}", new Dictionary<string, object?> { ["n"] = 1L }, 100, Ct)).Text);
        Task<Rendering>[] hanging = [.. Enumerable.Range(0, 8).Select(n => RenderAsync(engine, $"{{% for i in range(99999) %}}{{% for j in range(99999) %}}{{% endfor %}}{{% endfor %}}{n}"))];

        Rendering good = await engine.RenderAsync("{{ n }}", new Dictionary<string, object?> { ["n"] = 2L }, 100, Ct);
        Assert.Equal("2", good.Text ?? good.Problem);
        await Task.WhenAll(hanging);
    }

    [Fact]
    public async Task More_hanging_templates_than_workers_leave_every_call_bounded()
    {
        await using TemplateEngine engine = Engine();
        long started = Stopwatch.GetTimestamp();

        Rendering[] all = await Task.WhenAll(Enumerable.Range(0, 12).Select(n => RenderAsync(engine, $"{{% for i in range(99999) %}}{{% for j in range(99999) %}}{{% endfor %}}{{% endfor %}}{n}")));

        Assert.All(all, rendering => Assert.True(rendering.Result is RenderResult.OverLimit or RenderResult.Busy, $"{rendering}"));
        Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(60));
        Assert.Equal("good", (await RenderAsync(engine, "{{ 'good' }}")).Text);
    }

    [Fact]
    public async Task The_same_template_is_rendered_once_however_many_ask()
    {
        await using TemplateEngine engine = Engine();

        Rendering[] all = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => RenderAsync(engine, "{{ [1, 2, 3]|random }}{{ ['a', 'b']|random }}")));

        Assert.Single(all.Select(rendering => rendering.Text).Distinct());
        Assert.Equal(RenderResult.Cached, (await RenderAsync(engine, "{{ [1, 2, 3]|random }}{{ ['a', 'b']|random }}")).Result);
        Assert.Equal("ok (1 worker, 0 restarts)", engine.Health);
    }

    [Fact]
    public async Task What_hit_a_limit_is_tried_again_after_ten_minutes()
    {
        var time = new FakeTimeProvider();
        await using var engine = new TemplateEngine(time, Python);
        const string Greedy = "{{ 'x' * 10**9 }}";

        Assert.Equal(RenderResult.OverLimit, (await RenderAsync(engine, Greedy)).Result);
        time.Advance(TemplateEngine.RefusedFor - TimeSpan.FromSeconds(1));
        Assert.Equal(RenderResult.Cached, (await RenderAsync(engine, Greedy)).Result);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(RenderResult.OverLimit, (await RenderAsync(engine, Greedy)).Result);
    }

    [Fact]
    public async Task One_template_leaves_nothing_for_the_next()
    {
        await using TemplateEngine engine = Engine();
        await RenderAsync(engine, "{% set x = 1 %}{% macro leak() %}{% endmacro %}{{ namespace(a=1).a }}");
        Assert.Equal("False False", (await RenderAsync(engine, "{{ x is defined }} {{ leak is defined }}")).Text);
    }

    [Fact]
    public async Task A_line_is_the_templates_own()
    {
        await using TemplateEngine engine = Engine();
        Assert.Equal((3, "UndefinedError: 'foo' is undefined"), Said(await RenderAsync(engine, "a\nb\n{{ foo.bar }}\nc")));
        Assert.Equal((2, "TemplateSyntaxError: Encountered unknown tag 'fro'."), Said(await RenderAsync(engine, "a\n{% fro x in y %}")));
        Assert.Equal((1, "ZeroDivisionError: division by zero"), Said(await RenderAsync(engine, "{% macro m() %}{{ 1 / 0 }}{% endmacro %}\n\n{{ m() }}")));

        static (int?, string?) Said(Rendering rendering) => (rendering.Line, rendering.Problem);
    }

    [Fact]
    public async Task Values_without_measure_are_refused_before_they_are_sent()
    {
        await using TemplateEngine engine = Engine();
        object?[] wide = [.. Enumerable.Repeat<object?>(new string('x', 100_000), 1000)];
        Rendering refused = await engine.RenderAsync("{{ 1 }}", new Dictionary<string, object?> { ["wide"] = new object?[] { wide, wide } }, 100, Ct);
        Assert.Contains("larger than", refused.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_Python_the_message_names_the_command()
    {
        await using TemplateEngine engine = Engine("/usr/bin/python-that-is-not-there");
        Rendering refused = await RenderAsync(engine, "{{ 1 }}");
        Assert.Equal(RenderResult.Unavailable, refused.Result);
        Assert.Contains("apt install python3-jinja2", refused.Problem, StringComparison.Ordinal);
        Assert.Contains("apt install python3-jinja2", engine.Health, StringComparison.Ordinal);
    }

    [Fact]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public async Task Without_Jinja2_the_message_names_the_command()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("vmshepherd-test-");
        string python = Path.Combine(folder.FullName, "python3");
        File.WriteAllText(python, "#!/bin/sh\nexec /usr/bin/python3 \"$1\" \"$2\" \"$3\" \"$(printf %s \"$4\" | /bin/sed s,/usr/lib/python3/dist-packages,/nowhere,)\"\n");
        File.SetUnixFileMode(python, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            await using TemplateEngine engine = Engine(python);
            Rendering refused = await RenderAsync(engine, "{{ 1 }}");
            Assert.Equal("templates need Jinja2, which is not installed: `apt install python3-jinja2`", refused.Problem);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
