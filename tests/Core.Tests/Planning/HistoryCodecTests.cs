using System.Collections;
using System.Reflection;
using System.Text;
using Core.Tests.Safety;
using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Planning;
using Xunit;

namespace Core.Tests.Planning;

public sealed class HistoryCodecTests
{
    static readonly DateTimeOffset T = Given.Noon;

    /// <summary>Every member has a value: <see cref="The_sample_leaves_nothing_out"/> sees to it.</summary>
    static History Full() => new(T)
    {
        Scope = "cloud",
        BlindSince = T.AddSeconds(1),
        Machines =
        [
            new MachineRecord("vm1", T.AddSeconds(2))
            {
                Intent = "i1",
                PendingSince = T.AddSeconds(3),
                StartedAt = T.AddSeconds(4),
                HasPassed = true,
                Failures = new FailedChecks(3, T.AddSeconds(5)),
                DeadSince = T.AddSeconds(6),
                MissingSince = T.AddSeconds(7),
                Ending = new Ending(Cause.Requested, T.AddSeconds(8), T.AddSeconds(9), "anna"),
            },
        ],
        Intents = [new Intent("i2", T.AddSeconds(10)) { Vm = "vm2", SettlesFrom = T.AddSeconds(11) }],
        Debts = [new Debt("vm0", T.AddSeconds(12), Cause.IllHealth, "i2")],
        SuddenDeath = new SuddenDeath(T.AddSeconds(13), ["vm1"], true),
        MassFailure = new MassFailure(T.AddSeconds(14), TimeSpan.FromMinutes(30), T.AddSeconds(15), "vm0"),
        CrashLoop = new CrashLoop(2, T.AddSeconds(16)),
        CreateStop = new CreateStop(IaasFailure.QuotaReached, "full", 3, T.AddSeconds(17), "spec"),
        Count = 7,
        Applied = new AppliedVersion(new PresetVersion("s", T, "d", T), T.AddSeconds(23), "other", "infra@abc:web.conf") { Past = [new PresetVersion("r", T, "d", T)] },
        CountChange = new CountChange(1, T.AddSeconds(19)),
        LookAlike = new LookAlike("old", T.AddSeconds(20), true),
        Paused = new Paused(T.AddSeconds(21), "anna", "kernel upgrade") { ResumedAt = T.AddSeconds(22) },
        Holds = [new HoldSince("pace", T.AddSeconds(18))],
        Answers = [new Answer("r1", true, "done")],
    };

    /// <summary>Every public value below, by its path.</summary>
    static IEnumerable<(string Path, object? Value)> Leaves(object? value, string path)
    {
        if (value is null or string or DateTimeOffset or TimeSpan || value.GetType().IsPrimitive || value.GetType().IsEnum) return [(path, value)];
        if (value is IEnumerable many) return many.Cast<object>().SelectMany((item, i) => Leaves(item, $"{path}[{i}]"));
        return value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.CanWrite).SelectMany(property => Leaves(property.GetValue(value), $"{path}.{property.Name}"));
    }

    static History Decode(byte[] document, string incarnation = "me", TimeSpan age = default, DateTimeOffset? now = null) =>
        HistoryCodec.Decode(document, age, incarnation, now ?? T);

    static byte[] Document(History history, string incarnation = "me") => HistoryCodec.Encode(HistoryCodec.EncodeBody(history), incarnation, T);

    [Fact]
    public void The_sample_leaves_nothing_out()
    {
        Assert.All(Leaves(Full(), ""), leaf => Assert.NotEqual(leaf.Value is { } value && value.GetType().IsValueType ? Activator.CreateInstance(value.GetType()) : null, leaf.Path.EndsWith(".Cause", StringComparison.Ordinal) ? "given" : leaf.Value));
        Assert.All(typeof(History).GetProperties().Where(property => property.PropertyType.IsArray), property => Assert.NotEmpty((Array)property.GetValue(Full())!));
    }

    [Fact]
    public void What_is_written_is_read_again() => Assert.Equal(Leaves(Full(), ""), Leaves(Decode(Document(Full())), ""));

    [Fact]
    public void A_copy_of_a_history_keeps_every_member()
    {
        History copy = Full() with { };

        Assert.Equal(Leaves(Full(), ""), Leaves(copy, ""));
    }

    [Fact]
    public void Another_process_moves_every_time_by_the_same_span()
    {
        TimeSpan by = TimeSpan.FromDays(3650);
        (string Path, object? Value)[] moved = [.. Leaves(Decode(Document(Full()), "other", TimeSpan.FromMinutes(1), T + by + TimeSpan.FromMinutes(1)), "")];

        Assert.Equal(24, moved.Count(IsOurs));
        Assert.Equal(Leaves(Full(), "").Select(leaf => IsOurs(leaf) ? (leaf.Path, (DateTimeOffset)leaf.Value! + by) : leaf), moved);

        // When a source came to be is told by the source's place, not by anybody's clock.
        static bool IsOurs((string Path, object? Value) leaf) =>
            leaf.Value is DateTimeOffset && !leaf.Path.EndsWith(nameof(PresetVersion.SourceAt), StringComparison.Ordinal) && !leaf.Path.EndsWith(nameof(PresetVersion.DefaultsAt), StringComparison.Ordinal);
    }

    /// <summary>The store says that an hour has passed, our clocks say how long it really was: nothing is over early.</summary>
    [Theory]
    [InlineData(3600 + 5, 5, 5)] // set forward between writing and reading
    [InlineData(20, 5, 20)] // within what clocks are apart
    [InlineData(3600, 3600, 3600)] // nobody was there for an hour
    [InlineData(3600 + 5, -600, 0)] // and the writer's clock was ahead of ours
    [InlineData(5, 3600, 5)] // set back, or ours is ahead
    public void An_age_that_the_writers_own_time_contradicts_is_not_believed(int age, int byOwnTime, int believed)
    {
        DateTimeOffset now = T.AddSeconds(byOwnTime);
        History read = Decode(Document(Full()), "other", TimeSpan.FromSeconds(age), now);

        Assert.Equal(now.AddSeconds(-believed) - T, read.BornAt - Full().BornAt);
    }

    [Fact]
    public void Our_own_times_are_not_moved() => Assert.Equal(Leaves(Full(), ""), Leaves(Decode(Document(Full()), age: TimeSpan.FromHours(1), now: T.AddYears(10)), ""));

    [Theory]
    [InlineData("""{"format":2,"incarnation":"me","asOf":"2030-06-01T12:00:00+00:00","history":{"bornAt":"2030-06-01T12:00:00+00:00"}}""")]
    [InlineData("""{"format":2,"asOf":17,"somethingElse":[]}""")]
    public void A_newer_format_is_refused_and_not_guessed_at(string document)
    {
        var refused = Assert.Throws<InvalidDataException>(() => Decode(Encoding.UTF8.GetBytes(document)));
        Assert.Equal("the stored state has format 2, this version reads 1: upgrade, or let the newer version go on", refused.Message);
    }

    [Theory]
    [InlineData(""), InlineData("null"), InlineData("{"), InlineData("\0\u0001"), InlineData("""{"format":1}"""), InlineData("""{"format":1,"incarnation":"me","asOf":"2030-06-01T12:00:00+00:00","history":7}""")]
    public void Garbage_is_refused_with_what_to_do(string document) =>
        Assert.Contains("repair or remove it in the store", Assert.Throws<InvalidDataException>(() => Decode(Encoding.UTF8.GetBytes(document))).Message, StringComparison.Ordinal);

    [Fact]
    public void Requests_are_read_as_they_were_written()
    {
        Request[] requests = [new Request.Terminate("r1", "anna", "vm1"), new Request.AcceptScope("r2", "bert"), new Request.Manage("r3", "carl"), new Request.Pause("r4", "dora", null), new Request.Resume("r5", "emil")];

        Assert.All(requests, request => Assert.Equal(request, HistoryCodec.DecodeRequest(Encoding.UTF8.GetString(HistoryCodec.EncodeRequest(request)))));
    }

    [Theory, InlineData(""), InlineData("null"), InlineData("{}"), InlineData("""{"do":"explode","id":"r1","by":"x"}""")]
    public void A_request_that_is_not_one_of_ours_is_refused(string request) => Assert.Throws<InvalidDataException>(() => HistoryCodec.DecodeRequest(request));
}
