using Core.Tests.Drivers;
using System.Text;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using Xunit;

namespace Core.Tests.Configuration;

public sealed class PlainUserdataRendererTests
{
    sealed class OneFile(byte[] content) : IPresetFiles
    {
        public string Root => "/presets";

        public Task<ReadOnlyMemory<byte>> ReadAsync(string path, int maxBytes, CancellationToken cancellationToken) =>
            path == "user_data" ? Task.FromResult<ReadOnlyMemory<byte>>(content) : throw new PresetFileException($"{path}: not there");
    }

    static async Task<RenderedUserdata> RenderAsync(string? text, IPresetFiles? files = null) =>
        await new PlainUserdataRenderer().RenderAsync(new Preset("web", 1) { Iaas = new DriverReference("", "", "", new NoOptions()), Userdata = new Userdata(text, files) }, TestContext.Current.CancellationToken);

    [Fact]
    public async Task Text_is_passed_on_as_it_is() => Assert.Equal("#cloud-config\n", (await RenderAsync("#cloud-config\n")).Text);

    [Fact]
    public async Task None_is_none() => Assert.Equal(new RenderedUserdata(null, null), await RenderAsync(null));

    [Fact]
    public async Task A_file_is_read() => Assert.Equal("héllo", (await RenderAsync("file://user_data", new OneFile(Encoding.UTF8.GetBytes("héllo")))).Text);

    [Theory]
    [InlineData("{{ secret }}")]
    [InlineData("{% secret %}")]
    [InlineData("{# secret #}")]
    public async Task A_template_is_refused_without_quoting_it(string text)
    {
        RenderedUserdata rendered = await RenderAsync(text);
        Assert.Contains("template", rendered.Problem, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", rendered.Problem, StringComparison.Ordinal);
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
