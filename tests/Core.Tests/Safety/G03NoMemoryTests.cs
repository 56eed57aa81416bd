using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>G3: without stored state creates wait for a list begun a visibility grace after the memory began.</summary>
public sealed class G03NoMemoryTests
{
    [Fact]
    public void Creates_wait_for_a_list_begun_a_grace_after_the_memory_began()
    {
        Group web = new(Given.Preset(5)) { Grace = TimeSpan.FromSeconds(60) };

        Assert.Equal(0, web.Look(TimeSpan.FromSeconds(60) - TimeSpan.FromTicks(1)).Creates());
        Assert.Equal(5, web.Look(TimeSpan.FromTicks(1)).Creates());
    }

    [Fact]
    public void A_list_begun_too_early_does_not_count_however_late_it_is_read()
    {
        Group web = new(Given.Preset(5)) { Grace = TimeSpan.FromSeconds(60), ListAge = TimeSpan.FromSeconds(10) };

        Assert.Equal(0, web.Look(TimeSpan.FromSeconds(69)).Creates());
        Assert.Equal(5, web.Look(TimeSpan.FromSeconds(1)).Creates());
    }

    [Fact]
    public void Only_creates_are_held_and_the_hold_says_why_since_when_and_until_when()
    {
        Group web = new(Given.Preset(5)) { Grace = TimeSpan.FromSeconds(60) };
        web.Add().Dies();
        web.Add();
        web.Look();
        Hold hold = web.Look().HeldBy("no-memory")!;

        Assert.Equal(["vm1"], web.Plan.Ends(Cause.Dead));
        Assert.Equal("no state is stored for this preset: a machine asked for before may not be listed yet", hold.Reason);
        Assert.Equal("a list begun 60 s (visibility_grace) after 2030-06-01 12:00:00Z", hold.Release);
        Assert.Equal(Given.Noon + Given.Interval, hold.Since);
    }
}
