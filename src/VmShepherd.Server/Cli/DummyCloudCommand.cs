using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Security.Cryptography;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.Dummy;
using VmShepherd.Server.Hosting;

namespace VmShepherd.Server.Cli;

/// <summary><c>vmshepherd dummy-cloud</c>: a simulated cloud that several instances share.</summary>
static class DummyCloudCommand
{
    /// <summary>The cloud's endpoint is where it listens, and it connects to none.</summary>
    static readonly string[] NotHere = ["control", "connect"];

    public static Command Create()
    {
        var listen = new Option<IPEndPoint?>("--listen")
        {
            Description = "Where to listen; port 0 takes a free one.",
            HelpName = "127.0.0.1:PORT",
            Required = true,
            CustomParser = result =>
            {
                if (IPEndPoint.TryParse(result.Tokens[0].Value, out IPEndPoint? endPoint) && IPAddress.IsLoopback(endPoint.Address)) return endPoint;
                result.AddError("--listen: expected an address on loopback with a port, as 127.0.0.1:8889");
                return null;
            },
        };
        var ledger = new Option<string?>("--ledger") { Description = "Appends every call that had an effect to this file.", HelpName = "FILE" };
        var command = new Command("dummy-cloud", "Serves a simulated cloud, which a DummyIaasDriver uses with `connect: URL`.") { listen, ledger };
        List<(PropertyInfo Property, Option<string?> Option)> dummy = [.. DummyOptions()];
        foreach ((_, Option<string?> option) in dummy) command.Options.Add(option);

        command.SetFallibleAction(async (parsed, cancellationToken) =>
        {
            var options = new DummyIaasOptions();
            foreach ((PropertyInfo property, Option<string?> option) in dummy)
            {
                if (parsed.GetValue(option) is { } text) property.SetValue(options, Read(property.PropertyType, text));
            }

            return await ServeAsync(parsed.GetRequiredValue(listen)!, options, parsed.GetValue(ledger), cancellationToken);
        });
        return command;
    }

    /// <summary>The same options as in the settings, spelt as command lines do: <c>boot_time</c> is <c>--boot-time</c>.</summary>
    static IEnumerable<(PropertyInfo, Option<string?>)> DummyOptions()
    {
        foreach (PropertyInfo property in typeof(DummyIaasOptions).GetProperties())
        {
            if (property.GetCustomAttribute<OptionAttribute>() is not { } mark || NotHere.Contains(mark.Key)) continue;
            string name = "--" + mark.Key.Replace('_', '-');
            var option = new Option<string?>(name) { Description = mark.Summary, HelpName = "N" };
            option.Validators.Add(result =>
            {
                if (result.Tokens is [var token] && !IsValid(property.PropertyType, mark, token.Value))
                    result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name}: expected a number{Bounds(mark)}, '{token.Value}' is none"));
            });
            yield return (property, option);
        }
    }

    static bool IsValid(Type type, OptionAttribute mark, string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number >= mark.Min && number <= mark.Max
        && (Nullable.GetUnderlyingType(type) != typeof(int) || int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int _));

    static string Bounds(OptionAttribute mark) => (double.IsFinite(mark.Min) ? $" of at least {mark.Min}" : "") + (double.IsFinite(mark.Max) ? $" and at most {mark.Max}" : "");

    static object Read(Type type, string text)
    {
        double number = double.Parse(text, CultureInfo.InvariantCulture);
        return type == typeof(TimeSpan) ? TimeSpan.FromSeconds(number) : type == typeof(double) ? number : (object)(int)number;
    }

    static async Task<int> ServeAsync(IPEndPoint listen, DummyIaasOptions options, string? ledger, CancellationToken cancellationToken)
    {
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var signals = new Signals(_ => stopped.TrySetResult());
        var context = new DriverContext(TimeProvider.System, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)), Environment.CurrentDirectory);
        await using DummyCloudServer server = await DummyCloudServer.StartAsync(listen, options, context, ledger, cancellationToken);
        await Console.Error.WriteLineAsync($"dummy cloud at {server.Url}");
        await stopped.Task;
        return ExitCode.Good;
    }
}
