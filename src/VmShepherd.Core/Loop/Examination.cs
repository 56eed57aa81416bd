using VmShepherd.Abstractions;
using VmShepherd.Core.Configuration;
using VmShepherd.Core.Drivers;

namespace VmShepherd.Core.Loop;

/// <summary>Asks IaaS drivers, before anything is created, whether what presets want can be had. Changes nothing.</summary>
public static class Examination
{
    /// <summary>An examination that takes longer is given up.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <param name="drivers">Where the presets' driver comes from.</param>
    /// <param name="presets">Presets that share one driver instance; at least one.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<IReadOnlyList<Finding>> OfAsync(DriverPool drivers, IReadOnlyList<Preset> presets, TimeProvider time, CancellationToken cancellationToken)
    {
        using var patience = new Deadline(Patience, time, cancellationToken);
        bool isMade = false;
        try
        {
            IIaasDriver driver = drivers.Get<IIaasDriver>(presets[0].Iaas);
            isMade = true;

            // The driver promises to honour the token; the wait does not depend on it.
            return await (driver is IIaasDoctor doctor ? doctor.ExamineAsync([.. presets.Select(WishOf)], patience.Token) : LookAsync(driver, presets, patience.Token)).WaitAsync(patience.Token);
        }
        catch (OperationCanceledException) when (patience.Token.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return [new Finding(false, "iaas", $"no answer within {Patience.TotalMinutes} min")];
        }
        catch (ArgumentException contradiction) when (!isMade)
        {
            // What a driver's options say together, only the driver can judge.
            return [new Finding(false, "options", contradiction.Message)];
        }
#pragma warning disable CA1031 // A driver is anybody's code: one that breaks its word ends its own examination, and not that of the other presets.
        catch (Exception broken)
#pragma warning restore CA1031
        {
            return [new Finding(false, "driver", $"it failed with {broken.GetType().Name}{(isMade ? "" : " when it was made")}: {broken.Message}")];
        }
    }

    static Wish WishOf(Preset preset) => new(CreateRequests.Of(preset, "none", default, "", userdata: null), preset.Count);

    /// <summary>Of a driver that is no doctor, only that it answers can be known.</summary>
    static async Task<IReadOnlyList<Finding>> LookAsync(IIaasDriver driver, IReadOnlyList<Preset> presets, CancellationToken cancellationToken)
    {
        try
        {
            string scope = await driver.GetScopeAsync(cancellationToken);
            IReadOnlyList<Vm> there = await driver.ListAsync([.. presets.Select(preset => preset.Name)], cancellationToken);
            return [new Finding(true, "login", scope), new Finding(true, "list", $"{there.Count} machines of these presets")];
        }
        catch (IaasException e)
        {
            return [new Finding(false, "iaas", e.Message)];
        }
    }
}
