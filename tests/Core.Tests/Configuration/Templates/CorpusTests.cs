using System.Text.Json;
using VmShepherd.Core.Configuration;
using Xunit;

namespace Core.Tests.Configuration.Templates;

/// <summary>Templates with what Jinja2 3.1.2 answered for <c>Template(text).render(**context)</c>, 39 cloud-init files among them.</summary>
public sealed class CorpusTests
{
    /// <summary>The sandbox forbids what leads out of it; nothing else differs.</summary>
    static readonly string[] Forbidden = ["methods-022", "methods-022.0", "methods-022.1"];

    sealed record Case(string Id, string Template, JsonElement Context, string? Expected, string? Error);

    [Theory]
    [InlineData("corpus.dev.jsonl", 320)]
    [InlineData("corpus.fine.jsonl", 675)]
    public async Task Every_case_comes_out_as_Jinja2_has_it_from_YAML(string file, int count)
    {
        using var reference = new Reference();
        await CompareAsync(file, count, async one => Reference.Preset(one.Template, await reference.YamlAsync(one.Context)));
    }

    [Theory]
    [InlineData("corpus.dev.jsonl", 320)]
    [InlineData("corpus.fine.jsonl", 675)]
    public async Task Every_case_comes_out_as_Jinja2_has_it_from_values(string file, int count) =>
        await CompareAsync(file, count, one => Task.FromResult(Reference.Preset(one.Template, (IReadOnlyDictionary<string, object?>)Value(one.Context)!)));

    static async Task CompareAsync(string file, int count, Func<Case, Task<Preset>> presetOf)
    {
        await using var renderer = new UserdataRenderer(TimeProvider.System);
        Case[] cases = [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Configuration", "Templates", file)).Select(line => JsonSerializer.Deserialize<Case>(line, JsonSerializerOptions.Web)!)];
        Assert.Equal(count, cases.Length);
        List<string> wrong = [];
        foreach (Case one in cases)
        {
            RenderedUserdata rendered = await renderer.RenderAsync(await presetOf(one), TestContext.Current.CancellationToken);
            bool isRight = Forbidden.Contains(one.Id) ? rendered.Problem?.Contains("SecurityError: access to attribute '__class__'", StringComparison.Ordinal) == true
                : one.Error is null ? rendered.Text == one.Expected
                : rendered.Problem is { } problem && problem.StartsWith("userdata", StringComparison.Ordinal) && problem.EndsWith($": {one.Error}", StringComparison.Ordinal);
            if (!isRight) wrong.Add($"{one.Id}: {one.Template}\n  expected {one.Expected ?? one.Error}\n  got {rendered.Text ?? rendered.Problem}");
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {count}:\n{string.Join('\n', wrong)}");
    }

    /// <summary>As <c>reference.py</c> reads them.</summary>
    static object? Value(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.String => json.GetString(),
        JsonValueKind.Number => json.GetRawText().AsSpan().ContainsAny('.', 'e', 'E') ? json.GetDouble() : json.TryGetInt64(out long number) ? number : System.Numerics.BigInteger.Parse(json.GetRawText()),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Array => json.EnumerateArray().Select(Value).ToList(),
        JsonValueKind.Object when json.TryGetProperty("$date", out JsonElement date) => DateOnly.Parse(date.GetString()!),
        JsonValueKind.Object when json.TryGetProperty("$dict", out JsonElement pairs) => pairs.EnumerateArray().Select(pair => KeyValuePair.Create(Value(pair[0]), Value(pair[1]))).ToList(),
        JsonValueKind.Object => new OrderedDictionary<string, object?>(json.EnumerateObject().Select(property => KeyValuePair.Create(property.Name, Value(property.Value)))),
        _ => null,
    };
}
