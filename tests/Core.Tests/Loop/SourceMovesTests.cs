using System.Collections.Frozen;
using Core.Tests.Safety;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Core;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Loop;
using Xunit;

namespace Core.Tests.Loop;

public sealed class SourceMovesTests
{
    readonly FakeTimeProvider _time = new(Given.Noon);

    static PresetCatalog Catalog(params string[] revisions) => new()
    {
        Presets = revisions.Select((revision, i) => Given.Preset(1, $"p{i}") with { Version = new PresetVersion(revision, null, "d", null) }).ToFrozenDictionary(preset => preset.Name),
    };

    [Fact]
    public void What_a_place_says_when_a_process_begins_to_look_is_no_change()
    {
        var moves = new SourceMoves(new SteadyClock(_time));
        moves.Observe(Catalog("one"));
        Assert.Null(moves.Of("p0").At);
        Assert.Null(moves.Of("nobody").At);
    }

    [Fact]
    public void A_change_is_remembered_with_its_time_and_what_was_there_before()
    {
        var moves = new SourceMoves(new SteadyClock(_time));
        moves.Observe(Catalog("one", "same"));
        _time.Advance(TimeSpan.FromMinutes(1));
        moves.Observe(Catalog("two", "same"));
        _time.Advance(TimeSpan.FromMinutes(1));
        moves.Observe(Catalog("two", "same"));

        Assert.Equal(Given.Noon.AddMinutes(1), moves.Of("p0").At);
        Assert.Equal(["one+d"], moves.Of("p0").Earlier);
        Assert.Null(moves.Of("p1").At);
    }

    [Fact]
    public void Only_the_latest_eight_are_remembered()
    {
        var moves = new SourceMoves(new SteadyClock(_time));
        for (int i = 0; i < 20; i++) moves.Observe(Catalog($"r{i}"));
        Assert.Equal(["r11+d", "r12+d", "r13+d", "r14+d", "r15+d", "r16+d", "r17+d", "r18+d"], moves.Of("p0").Earlier);
    }
}
