using Core.Tests.Safety;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using Xunit;

namespace Core.Tests.Loop;

public sealed class CreateRequestsTests
{
    static readonly LeaseToken Token = new(2, 17);

    static VmRequest Of(Preset preset) => CreateRequests.Of(preset, "i1", Token, "prod", "#cloud-config");

    static Preset Tagged(params (string Key, object? Value)[] tags) => Given.Preset(1) with { MetaTags = tags.ToDictionary(tag => tag.Key, tag => tag.Value) };

    [Fact]
    public void A_request_carries_what_the_preset_says_and_our_marks()
    {
        VmRequest request = Of(Given.Preset(1) with
        {
            KeyName = "ops",
            Network = new NetworkSpec(["default", "web"], "az1", ["net1", "net2"]),
        });

        Assert.Equal(("web", "i1", "debian", "small", "ops", "az1", "#cloud-config"), (request.Preset, request.IntentId, request.Image, request.Flavor, request.KeyName, request.AvailabilityZone, request.UserData));
        Assert.Equal(["default", "web"], request.SecurityGroups);
        Assert.Equal(["net1", "net2"], request.Networks);
        Assert.Equal(new Dictionary<string, string>
        {
            ["vmshepherd_installation"] = "prod",
            ["vmshepherd_preset"] = "web",
            ["vmshepherd_intent"] = "i1",
            ["vmshepherd_spec"] = "spec-1",
            ["vmshepherd_token"] = "2.17",
        }, request.Metadata);
    }

    [Fact]
    public void Tags_become_strings()
    {
        VmRequest request = Of(Tagged(("role", "web"), ("port", 8080L), ("ratio", 0.5), ("live", true), ("empty", null)));

        Assert.Equal(["web", "8080", "0.5", "true", ""], new[] { "role", "port", "ratio", "live", "empty" }.Select(key => request.Metadata[key]));
    }

    [Theory]
    [InlineData("list"), InlineData("long"), InlineData("vmshepherd_installation"), InlineData("team/owner"), InlineData("größe"), InlineData("")]
    public void A_tag_that_cannot_be_metadata_is_left_out_with_a_word(string key)
    {
        object value = key switch { "list" => new List<object?> { 1 }, "long" => new string('x', 256), _ => "value" };
        Preset preset = Tagged((key, value), ("role", "web"));

        Assert.Equal(6, Of(preset).Metadata.Count);
        Assert.Equal("prod", Of(preset).Metadata["vmshepherd_installation"]);
        Assert.StartsWith($"meta_tags.{key} is", Assert.Single(CreateRequests.Unfit(preset)), StringComparison.Ordinal);
    }

    [Fact]
    public void Tags_beyond_what_fits_are_left_out_with_a_word()
    {
        Preset preset = Tagged([.. Enumerable.Range(0, 97).Select(i => ($"tag{i}", (object?)i))]);

        Assert.Equal(100, Of(preset).Metadata.Count);
        Assert.Equal(2, CreateRequests.Unfit(preset).Count());
    }

    [Fact]
    public void Neither_userdata_nor_tags_are_in_the_text_of_a_request() =>
        Assert.DoesNotContain("cloud-config", Of(Tagged(("password", "hunter2"))).ToString(), StringComparison.Ordinal);
}
