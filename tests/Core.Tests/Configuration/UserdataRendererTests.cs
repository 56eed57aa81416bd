using Core.Tests.Drivers;
using System.Text;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using Xunit;

namespace Core.Tests.Configuration;

public sealed class UserdataRendererTests
{
    sealed class OneFile(byte[] content) : IPresetFiles
    {
        public string Root => "/presets";

        public Task<ReadOnlyMemory<byte>> ReadAsync(string path, int maxBytes, CancellationToken cancellationToken) =>
            path == "user_data" ? Task.FromResult<ReadOnlyMemory<byte>>(content) : throw new PresetFileException($"{path}: not there");
    }

    static async Task<RenderedUserdata> RenderAsync(string? text, IPresetFiles? files = null, string python = "/usr/bin/python3")
    {
        await using var renderer = new UserdataRenderer(TimeProvider.System, python);
        return await renderer.RenderAsync(PresetWith(text, files), TestContext.Current.CancellationToken);
    }

    static Preset PresetWith(string? text, IPresetFiles? files = null) => new("web", 1) { Iaas = new DriverReference("", "", "", new NoOptions()), Userdata = new Userdata(text, files) };

    [Fact]
    public async Task Text_without_marks_needs_no_Python() => Assert.Equal("#cloud-config\n", (await RenderAsync("#cloud-config\n\n", python: "/no/python")).Text);

    [Fact]
    public async Task None_is_none() => Assert.Equal(new RenderedUserdata(null, null), await RenderAsync(null));

    [Fact]
    public async Task A_file_is_read() => Assert.Equal("héllo", (await RenderAsync("file://user_data", new OneFile(Encoding.UTF8.GetBytes("héllo")))).Text);

    [Theory]
    [InlineData("{{ 'secret' }}")]
    [InlineData("{% set secret = 1 %}")]
    [InlineData("{# secret #}")]
    public async Task Without_Python_a_template_is_refused_without_quoting_it(string text)
    {
        RenderedUserdata rendered = await RenderAsync(text, python: "/no/python");
        Assert.Contains("apt install python3-jinja2", rendered.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", rendered.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mistake_names_the_file_and_its_line()
    {
        Assert.Equal("userdata line 2: UndefinedError: 'foo' is undefined", (await RenderAsync("a\n{{ foo.bar }}")).Problem);
        Assert.Equal("userdata file://user_data line 2: UndefinedError: 'foo' is undefined", (await RenderAsync("file://user_data", new OneFile("a\n{{ foo.bar }}"u8.ToArray()))).Problem);
    }

    [Fact]
    public async Task A_template_may_be_longer_than_what_comes_out() =>
        Assert.Equal("short", (await RenderAsync("file://user_data", new OneFile(Encoding.UTF8.GetBytes($"{{# {new string('x', 100_000)} #}}short")))).Text);

    [Fact]
    public async Task What_is_wrong_with_a_template_is_known_before_it_is_needed()
    {
        await using var renderer = new UserdataRenderer(TimeProvider.System);
        Preset bad = PresetWith("{% fro %}"), good = PresetWith("{{ 1 }}"), plain = PresetWith("text");

        Assert.Null(renderer.KnownProblem(bad));
        while (renderer.KnownProblem(bad) is null) await Task.Delay(10, TestContext.Current.CancellationToken);

        Assert.Equal("userdata line 1: TemplateSyntaxError: Encountered unknown tag 'fro'.", renderer.KnownProblem(bad));
        Assert.Null(renderer.KnownProblem(good));
        Assert.Null(renderer.KnownProblem(plain));
    }

    [Fact]
    public async Task What_an_IaaS_would_not_take_is_refused()
    {
        Assert.NotNull((await RenderAsync(new string('x', 49_149))).Text);
        Assert.Contains("49150 bytes", (await RenderAsync(new string('x', 49_150))).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_had_is_a_problem()
    {
        Assert.Contains("other: not there", (await RenderAsync("file://other", new OneFile([]))).Problem, StringComparison.Ordinal);
        Assert.Contains("without files", (await RenderAsync("file://other")).Problem, StringComparison.Ordinal);
        Assert.Contains("UTF-8", (await RenderAsync("file://user_data", new OneFile([0xFF]))).Problem, StringComparison.Ordinal);
    }
}
