using VmShepherd.Core.Configuration;

namespace VmShepherd.Core.Planning;

/// <summary>What becomes of people's requests: a step, or an answer at once. An end asked for by a person obeys owner, describe and lease (G15, G16, G18) only.</summary>
sealed record RequestAnswers(IReadOnlyList<Step> Steps, IReadOnlyList<Answer> Answers)
{
    internal static RequestAnswers To(IReadOnlyList<Request> requests, IReadOnlyList<Judged> machines, Preset preset)
    {
        if (requests.Count == 0) return Nothing;

        List<Step> steps = [];
        List<Answer> answers = [];
        foreach (Request request in requests)
        {
            switch (request)
            {
                case Request.Terminate end:
                    Consider(end);
                    break;
                case Request.AcceptScope:
                    answers.Add(new Answer(request.Id, true, "the scope is the accepted one"));
                    break;
                default:
                    answers.Add(Remembered(request, preset) ?? new Answer(request.Id, true, "looked at"));
                    break;
            }
        }

        return new RequestAnswers(steps, answers);

        void Consider(Request.Terminate end)
        {
            Judged? machine = machines.FirstOrDefault(machine => machine.Vm.Id == end.Vm);
            string? refusal = machine switch
            {
                null => $"there is no machine {end.Vm} in this preset",
                { Standing: Standing.Foreign } => $"{end.Vm} {machine.Why}",
                { Standing: Standing.Untouchable } => $"{end.Vm} is not touched: {machine.Why}",
                _ => null,
            };
            if (refusal is not null) answers.Add(new Answer(end.Id, false, refusal));
            else if (machine!.Standing == Standing.Leaving) answers.Add(new Answer(end.Id, true, machine.Why));
            else if (steps.OfType<Step.Terminate>().Any(step => step.Vm == end.Vm)) answers.Add(new Answer(end.Id, true, "asked for twice"));
            else steps.Add(new Step.Terminate(end.Vm, Cause.Requested, $"asked for by {end.By}") { Request = end });
        }
    }

    /// <summary>When the machines could not be looked at: what only had to be remembered is done, the rest is refused.</summary>
    internal static Answer[] WithoutALook(IReadOnlyList<Request> requests, Preset preset, string why) =>
        [.. requests.Select(request => Remembered(request, preset) ?? new Answer(request.Id, false, why))];

    static Answer? Remembered(Request request, Preset preset) => request switch
    {
        Request.Confirm confirm when !confirm.Means(preset.Version) => new Answer(request.Id, false, $"the instance that manages the preset now sees another version of it ({preset.Location}): nothing is confirmed; bring both up to date, or ask again"),
        Request.Confirm => new Answer(request.Id, true, "what the source says is in force"),
        Request.Pause => new Answer(request.Id, true, "paused"),
        Request.Resume => new Answer(request.Id, true, "resumed"),
        _ => null,
    };

    static readonly RequestAnswers Nothing = new([], []);
}
