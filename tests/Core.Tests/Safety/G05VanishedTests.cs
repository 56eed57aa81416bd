using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Safety;

/// <summary>G5: missing is not gone.</summary>
public sealed class G05VanishedTests
{
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(60);

    static Group Big() => Given.Healthy(10);

    [Fact]
    public void A_missing_machine_that_the_IaaS_knows_by_id_is_there()
    {
        Group web = Big();
        web[0].IsHidden = true;

        Assert.Empty(web.Look(100).Steps);
        Assert.Equal(10, web.Plan.Present);
    }

    [Fact]
    public void A_missing_machine_that_cannot_be_looked_up_holds_its_place()
    {
        Group web = Big();
        web.Remove(web[0]);
        web.FindFails = true;

        Assert.Empty(web.Look(100).Steps);
        Assert.Contains("vm1", web.Plan.HeldBy("vanished")!.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_machine_that_the_IaaS_does_not_know_is_replaced_with_a_word()
    {
        Group web = Big();
        web.Remove(web[0]);

        Assert.Equal(1, web.Look().Creates());
        Assert.Contains(web.Plan.Notes, note => note.StartsWith("vm1 vanished", StringComparison.Ordinal));
    }

    [Fact]
    public void Forty_percent_are_believed_when_the_IaaS_does_not_know_them()
    {
        Group web = Big();
        web.Grace = Grace;
        for (int i = 0; i < 4; i++) web.Remove(web[0]);

        Assert.Equal(4, web.Look().Creates());
    }

    [Fact]
    public void More_than_forty_percent_wait_until_lists_over_a_grace_agree()
    {
        Group web = Big();
        web.Grace = Grace;
        for (int i = 0; i < 5; i++) web.Remove(web[0]);

        Assert.Equal(0, web.Look().Creates());
        Hold hold = web.Plan.HeldBy("vanished")!;
        Assert.Contains("5 machine(s)", hold.Reason, StringComparison.Ordinal);
        Assert.Contains("40% (max_vanished)", hold.Reason, StringComparison.Ordinal);
        Assert.Contains("60 s", hold.Release, StringComparison.Ordinal);

        Assert.Equal(0, web.Look(Grace - TimeSpan.FromTicks(1)).Creates());
        Assert.Equal(5, web.Look(TimeSpan.FromTicks(1)).Creates());
    }

    [Fact]
    public void Without_a_grace_a_second_list_must_agree()
    {
        Group web = Big();
        for (int i = 0; i < 10; i++) web.Remove(web[0]);

        Assert.Equal(0, web.Look().Creates());
        Assert.Equal(0, web.Look(TimeSpan.Zero).Creates());
        Assert.Equal(10, web.Look(TimeSpan.FromTicks(1)).Creates());
    }

    [Fact]
    public void The_only_machine_of_a_group_is_replaced_after_one_list_and_one_question()
    {
        Group web = Given.Healthy(1);
        web.Remove(web[0]);

        Assert.Equal(1, web.Look().Creates());
    }

    [Fact]
    public void Two_of_two_are_more_than_one_so_a_second_list_must_agree()
    {
        Group web = Given.Healthy(2);
        web.Remove(web[0]);
        web.Remove(web[0]);

        Assert.Equal(0, web.Look().Creates());
    }

    [Fact]
    public void Machines_that_come_back_in_between_begin_anew()
    {
        Group web = Big();
        web.Grace = Grace;
        web.FindFails = true;
        web.All(machine => machine.IsHidden = true);
        web.Look();
        web.All(machine => machine.IsHidden = false);
        web.Look();
        while (web.Machines.Count > 0) web.Remove(web[0]);
        web.FindFails = false;

        Assert.Equal(0, web.Look(Grace).Creates());
        Assert.Equal(10, web.Look(Grace).Creates());
    }

    [Fact]
    public void A_machine_that_carries_another_name_now_is_not_ours_any_more()
    {
        Group web = Big();
        web[0].Name = "other";

        Assert.Equal(1, web.Look().Creates());
    }

    [Fact]
    public void What_we_ended_ourselves_is_not_vanished()
    {
        Group web = Big();
        web.Requests.Add(new Request.Terminate("r1", "anna", "vm1"));
        web.Cycle();

        Assert.Equal(1, web.Look().Creates());
        Assert.DoesNotContain(web.Plan.Notes, note => note.Contains("vanished", StringComparison.Ordinal));
    }
}
