using VmShepherd.Server.Conformance;

namespace VmShepherd.Server.Tests.Conformance;

/// <summary>Each promise of the contracts is one that a driver can break, and then the suite says which: as <c>vmshepherd drivers test</c> prints it.</summary>
public sealed class BrokenDriverTests
{
    [Theory]
    [InlineData("scope", "The scope is stable")]
    [InlineData("grace", "The visibility grace never shrinks")]
    [InlineData("late", "What may not be sent any more is not sent")]
    [InlineData("short list", "A created machine is listed within the visibility grace")]
    [InlineData("metadata", "A machine carries the metadata of its request and the intent among it")]
    [InlineData("waits", "Creating never waits for the machine to run")]
    [InlineData("addresses", "A running machine has an address")]
    [InlineData("names", "A list compares names exactly")]
    [InlineData("first preset only", "One list serves several presets")]
    [InlineData("find", "A machine is found by its id")]
    [InlineData("unknown", "An unknown machine is null")]
    [InlineData("gone", "Ending an unknown machine succeeds")]
    [InlineData("ends others", "An ended machine goes away or is dead and no other is touched")]
    [InlineData("userdata", "User data cannot be read from the machine")]
    [InlineData("cancel", "A cancelled call ends as cancelled")]
    [InlineData("another exception", "A failure leaves as IaasException and never reads as empty or unknown")]
    [InlineData("empty when down", "A failure leaves as IaasException and never reads as empty or unknown")]
    [InlineData("unknown when down", "A failure leaves as IaasException and never reads as empty or unknown")]
    [InlineData("tells userdata", "A failure leaves as IaasException and never reads as empty or unknown")]
    public Task An_IaaS_that_breaks_a_promise_is_found_out(string broken, string sentence) => FailsAsync(() => new BrokenIaasConformance(broken), sentence);

    [Theory]
    [InlineData("no address fails", "A machine without address is unknown")]
    [InlineData("throws", "An address that is none never throws and never passes ('not an address')")]
    [InlineData("passes anything", "An address that is none never throws and never passes ('256.1.1.1')")]
    [InlineData("cancel", "A cancelled check throws")]
    [InlineData("cannot be cancelled", "A check under way can be cancelled")]
    [InlineData("waits for ever", "A silent machine does not pass and is not waited for")]
    [InlineData("in turn", "Silent machines side by side are not waited for in turn")]
    [InlineData("blames itself", "A machine where nobody listens has failed")]
    [InlineData("listens for ever", "A machine that never stops talking is not listened to for ever ('')")]
    [InlineData("repeats", "A machine that never stops talking is not listened to for ever ('HTTP/1.1 500 no??X: ')")]
    [InlineData("follows", "A redirect leads nowhere")]
    public Task A_health_check_that_breaks_a_promise_is_found_out(string broken, string sentence) => FailsAsync(() => new BrokenHealthcheckConformance(broken), sentence);

    [Theory]
    [InlineData("revision", "While nothing changes the revision stays and so does that of each source")]
    [InlineData("origins", "Every source has an origin of its own and content or a problem")]
    [InlineData("says nothing", "Every source has an origin of its own and content or a problem")]
    [InlineData("neighbours", "A changed preset has another revision and its neighbour has not")]
    [InlineData("stale revision", "A changed preset has another revision and its neighbour has not")]
    [InlineData("changes what it gave", "A snapshot does not change after it was answered")]
    [InlineData("keeps the dead", "A preset that was removed is gone without a problem")]
    [InlineData("empty when down", "A place that goes out of reach is a problem and its presets do not just vanish")]
    [InlineData("throws when down", "A place that was never reached is a problem and no exception")]
    public Task A_place_of_presets_that_breaks_a_promise_is_found_out(string broken, string sentence) => FailsAsync(() => new BrokenPlaceConformance(broken), sentence);

    [Theory]
    [InlineData("max", "A claim takes no more than it asks for")]
    [InlineData("token", "Tokens rise over completion expiry and oblivion")]
    [InlineData("hand over", "A lease that ran out is free and was not handed over")]
    [InlineData("due", "A completed preset is due again when it was said and was handed over")]
    [InlineData("late save", "A lease that ran out changes nothing though nobody else has claimed")]
    [InlineData("renew", "Renewing answers for each lease in turn")]
    [InlineData("state", "A document comes back byte for byte")]
    [InlineData("forgets state", "A version rises with every write and not without")]
    [InlineData("acted", "SinceActed counts from the last save that said so")]
    [InlineData("loses requests", "Requests come in order and completing consumes them")]
    [InlineData("order", "Requests come in order and completing consumes them")]
    [InlineData("drops requests", "A hundred requests are held and none is dropped in silence")]
    [InlineData("forget", "Forgetting drops what was kept")]
    [InlineData("cancel", "A cancelled call throws and changes nothing")]
    public Task A_store_that_breaks_a_promise_is_found_out(string broken, string sentence) => FailsAsync(() => new BrokenStoreConformance(broken), sentence);

    [Fact]
    public async Task Drivers_that_keep_every_promise_pass()
    {
        foreach (Func<object> suite in new Func<object>[] { () => new BrokenIaasConformance(""), () => new BrokenHealthcheckConformance(""), () => new BrokenPlaceConformance(""), () => new BrokenStoreConformance("") })
        {
            (SuiteRunner runner, string said) = await RunAsync(suite, null);
            Assert.True(runner.Failed == 0 && runner.Passed > 7, said);
        }
    }

    /// <summary>The sentence fails, and is printed as one that does.</summary>
    static async Task FailsAsync(Func<object> suite, string sentence)
    {
        (SuiteRunner runner, string said) = await RunAsync(suite, sentence.Split(" (")[0]);
        Assert.True(runner.Failed > 0, said);
        Assert.Contains($"FAIL  {sentence}\n", said, StringComparison.Ordinal);
    }

    static async Task<(SuiteRunner Runner, string Said)> RunAsync(Func<object> suite, string? sentence)
    {
        using var output = new StringWriter();
        output.NewLine = "\n";
        var runner = new SuiteRunner(suite, output) { Only = sentence };
        await runner.RunAsync(suite().GetType(), TestContext.Current.CancellationToken);
        return (runner, output.ToString());
    }
}
