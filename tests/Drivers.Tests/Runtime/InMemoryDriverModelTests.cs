using System.Text;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Runtime.InMemory;
using Xunit;

namespace Drivers.Tests.Runtime;

/// <summary>Any sequence of calls answers as a store would that scans everything each time. A failure prints the seed that repeats it.</summary>
public sealed class InMemoryDriverModelTests
{
    static readonly string[] Presets = ["a", "b", "c", "d"];

    enum Call { Claim, Save, SaveActed, Complete, CompleteWithState, Renew, Request, Forget, Wait }

    /// <param name="Call">What is called.</param>
    /// <param name="Preset">On which preset; for a claim: how many are named.</param>
    /// <param name="Lease">With which of the leases granted so far, counted back from the newest.</param>
    /// <param name="Seconds">How long to lease, to be due in, or to wait.</param>
    sealed record Step(Call Call, int Preset, int Lease, int Seconds)
    {
        public TimeSpan Time => TimeSpan.FromSeconds(Seconds);
    }

    static readonly Gen<Step[]> Steps = Gen.Select(
        Gen.Enum<Call>(), Gen.Int[0, 3], Gen.Int[0, 5], Gen.Int[0, 6], (call, preset, lease, seconds) => new Step(call, preset, lease, seconds)).Array[0, 60];

    [Fact]
    public Task Any_sequence_of_calls_answers_as_the_model_does() => Steps.SampleAsync(
        async steps =>
        {
            var time = new FakeTimeProvider();
            await using var store = new InMemoryDriver(new(), new(time, new Random(1), "/"));
            var model = new Model();
            List<PresetLease> granted = [];
            for (int i = 0; i < steps.Length; i++)
            {
                await TakeAsync(steps[i], i, store, model, granted, time);
                var read = (await store.ReadAsync(Presets, CancellationToken.None)).OrderBy(r => r.Key, StringComparer.Ordinal);
                Assert.Equal(model.Read(), read.Select(r => $"{r.Key}: {Encoding.UTF8.GetString(r.Value.Content.Span)}, {r.Value.Age}"));
            }
        },
        iter: 5_000,
        print: steps => string.Join('\n', steps.Select(s => s.ToString())));

    static async Task TakeAsync(Step step, int number, InMemoryDriver store, Model model, List<PresetLease> granted, FakeTimeProvider time)
    {
        CancellationToken ct = CancellationToken.None;
        string preset = Presets[step.Preset];
        byte[] state = Encoding.UTF8.GetBytes($"state {number}");
        TimeSpan atLeastOne = step.Time + TimeSpan.FromSeconds(1);
        PresetLease lease = granted.Count == 0 ? new("a", new(1, 99), atLeastOne) : granted[Math.Max(0, granted.Count - 1 - step.Lease)];
        switch (step.Call)
        {
            case Call.Claim:
                var claim = new ClaimRequest("me", Presets[..(step.Preset + 1)], step.Lease + 1, atLeastOne);
                IReadOnlyList<PresetLease> leases = await store.ClaimAsync(claim, ct);
                Assert.Equal(model.Claim(claim, leases), leases.Select(Model.Show));
                Assert.All(leases, l => Assert.True(granted.All(g => g.Token < l.Token)));
                granted.AddRange(leases);
                break;
            case Call.Save or Call.SaveActed:
                Assert.Equal(model.Save(lease, state, step.Call == Call.SaveActed), await store.SaveAsync(lease, state, step.Call == Call.SaveActed, ct));
                break;
            case Call.Complete or Call.CompleteWithState:
                ReadOnlyMemory<byte>? last = step.Call == Call.Complete ? default(ReadOnlyMemory<byte>?) : state;
                Assert.Equal(model.Complete(lease, last, step.Time), await store.CompleteAsync(lease, last, step.Time, ct));
                break;
            case Call.Renew:
                Assert.Equal([model.Renew(lease, atLeastOne)], await store.RenewAsync([lease], atLeastOne, ct));
                break;
            case Call.Request:
                model.Request(preset, $"request {number}");
                await store.RequestAsync(preset, $"request {number}", ct);
                break;
            case Call.Forget:
                model.Forget(preset);
                await store.ForgetAsync([preset], ct);
                break;
            case Call.Wait:
                time.Advance(step.Time);
                model.Now += step.Time;
                break;
        }
    }

    /// <summary>The contract, written for reading: separate columns, no order kept, everything looked at in each call.</summary>
    sealed class Model
    {
        sealed class Row
        {
            public TimeSpan DueAt;
            public TimeSpan? LeasedUntil;
            public LeaseToken Token;
            public (string Text, TimeSpan At)? State;
            public TimeSpan? ActedAt, CompletedAt;
            public List<string> Shown = [], New = [];
        }

        readonly Dictionary<string, Row> _rows = [];

        public TimeSpan Now;

        /// <summary>What a claim must answer. Among presets due since the same moment the store may choose: the model follows it.</summary>
        public IEnumerable<string> Claim(ClaimRequest request, IReadOnlyList<PresetLease> answer)
        {
            foreach (string name in request.Presets) _rows.TryAdd(name, new Row { DueAt = Now });
            var free = request.Presets.Where(n => FreeSince(_rows[n]) <= Now).ToList();
            var expected = free
                .OrderBy(n => FreeSince(_rows[n]))
                .ThenBy(n => answer.Select(l => l.Preset).ToList() is var order && order.Contains(n) ? order.IndexOf(n) : int.MaxValue)
                .Take(request.Max)
                .ToList();
            return expected.ConvertAll(name => Grant(name, request.Lease, answer.FirstOrDefault(l => l.Preset == name)?.Token ?? default));
        }

        string Grant(string name, TimeSpan lease, LeaseToken token)
        {
            Row row = _rows[name];
            bool clean = row.LeasedUntil is null;
            (row.LeasedUntil, row.Token) = (Now + lease, token);
            row.Shown.AddRange(row.New);
            row.New.Clear();
            return $"{name}, clean {clean}, acted {Now - row.ActedAt}, completed {Now - row.CompletedAt}, state {row.State?.Text} {Now - row.State?.At}, [{string.Join(", ", row.Shown)}]";
        }

        public static string Show(PresetLease l) =>
            $"{l.Preset}, clean {l.CleanHandover}, acted {l.SinceActed}, completed {l.SinceCompleted}, state {(l.State is { } s ? Encoding.UTF8.GetString(s.Content.Span) : null)} {l.State?.Age}, [{string.Join(", ", l.Requests)}]";

        public bool Save(PresetLease lease, byte[] state, bool acted)
        {
            if (Held(lease) is not { } row) return false;
            row.State = (Encoding.UTF8.GetString(state), Now);
            if (acted) row.ActedAt = Now;
            return true;
        }

        public bool Complete(PresetLease lease, ReadOnlyMemory<byte>? state, TimeSpan dueIn)
        {
            if (Held(lease) is not { } row) return false;
            if (state is { } document) row.State = (Encoding.UTF8.GetString(document.Span), Now);
            row.Shown.Clear();
            (row.LeasedUntil, row.CompletedAt, row.DueAt) = (null, Now, row.New.Count > 0 ? Now : Now + dueIn);
            return true;
        }

        public bool Renew(PresetLease lease, TimeSpan time)
        {
            if (Held(lease) is not { } row) return false;
            row.LeasedUntil = Now + time;
            return true;
        }

        public void Request(string name, string request)
        {
            _rows.TryAdd(name, new Row { DueAt = Now });
            Row row = _rows[name];
            row.New.Add(request);
            if (row.LeasedUntil is null && row.DueAt > Now) row.DueAt = Now;
        }

        public void Forget(string name)
        {
            if (!_rows.Remove(name, out Row? row) || row.LeasedUntil is null || row.LeasedUntil <= Now) return;
            _rows[name] = new Row { LeasedUntil = row.LeasedUntil, Token = row.Token };
        }

        public IEnumerable<string> Read() => _rows.Where(r => r.Value.State is not null).OrderBy(r => r.Key, StringComparer.Ordinal)
            .Select(r => $"{r.Key}: {r.Value.State!.Value.Text}, {Now - r.Value.State.Value.At}");

        Row? Held(PresetLease lease) =>
            _rows.TryGetValue(lease.Preset, out Row? row) && row.LeasedUntil > Now && row.Token == lease.Token ? row : null;

        static TimeSpan FreeSince(Row row) => row.LeasedUntil ?? row.DueAt;
    }
}
