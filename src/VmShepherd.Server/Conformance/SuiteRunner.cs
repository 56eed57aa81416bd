using System.Reflection;
using Xunit;
using Xunit.Sdk;

namespace VmShepherd.Server.Conformance;

/// <summary>Runs a conformance suite as a command: each sentence of the contract on a suite of its own, one after the other.</summary>
/// <param name="create">A fresh suite for one test.</param>
/// <param name="output">A line for each sentence: <c>ok</c>, <c>skip</c> or <c>FAIL</c>.</param>
sealed class SuiteRunner(Func<object> create, TextWriter output)
{
    /// <summary>Machines may boot for minutes. A driver that hangs turns the test red, not the run endless.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <summary>Just this sentence; <see langword="null"/> = all.</summary>
    public string? Only { get; init; }

    public int Passed { get; private set; }

    public int Failed { get; private set; }

    public int Skipped { get; private set; }

    public async Task RunAsync(Type suite, CancellationToken cancellationToken)
    {
        foreach (MethodInfo test in suite.GetMethods().Where(method => method.GetCustomAttribute<FactAttribute>() is not null).OrderBy(method => method.MetadataToken))
        {
            if (Only is not null && Only != Sentence(test)) continue;
            foreach (object?[] arguments in Cases(test))
            {
                cancellationToken.ThrowIfCancellationRequested();
                await RunAsync(test, arguments);
            }
        }
    }

    static string Sentence(MethodInfo test) => test.Name.Replace('_', ' ');

    static object?[][] Cases(MethodInfo test)
    {
        object?[][] data = [.. test.GetCustomAttributes<InlineDataAttribute>().Select(row => row.Data)];
        return data.Length > 0 ? data : [[]];
    }

    async Task RunAsync(MethodInfo test, object?[] arguments)
    {
        string sentence = Sentence(test) + (arguments.Length == 0 ? "" : $" ({string.Join(", ", arguments.Select(Shown))})");
        try
        {
            await TryAsync(test, arguments).WaitAsync(Patience, TimeProvider.System);
            Passed++;
            await output.WriteLineAsync($"ok    {sentence}");
        }
        catch (SkipException skipped)
        {
            Skipped++;
            await output.WriteLineAsync($"skip  {sentence}: {skipped.Message.Replace("$XunitDynamicSkip$", "", StringComparison.Ordinal)}");
        }
#pragma warning disable CA1031 // A driver is anybody's code: whatever it throws is the result of this test.
        catch (Exception failed)
#pragma warning restore CA1031
        {
            Failed++;
            await output.WriteLineAsync($"FAIL  {sentence}\n      {failed.GetType().Name}: {failed.Message.ReplaceLineEndings("\n      ")}");
        }
    }

    async Task TryAsync(MethodInfo test, object?[] arguments)
    {
        object suite = create();
        try
        {
            if (suite is IAsyncLifetime lifetime) await lifetime.InitializeAsync();
            await (Task)test.Invoke(suite, BindingFlags.DoNotWrapExceptions, binder: null, arguments, culture: null)!;
        }
        finally
        {
            if (suite is IAsyncDisposable disposable) await disposable.DisposeAsync();
        }
    }

    static string Shown(object? argument) => argument is string text ? $"'{string.Concat(text.Select(c => char.IsControl(c) ? '?' : c))}'" : $"{argument}";
}
