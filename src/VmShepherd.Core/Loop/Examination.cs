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
        IIaasDriver driver;
        try
        {
            driver = drivers.Get<IIaasDriver>(presets[0].Iaas);
        }
        catch (ArgumentException contradiction)
        {
            // What a driver's options say together, only the driver can judge.
            return [new Finding(false, "options", contradiction.Message)];
        }

        using var patience = new Deadline(Patience, time, cancellationToken);
        try
        {
            return driver is IIaasDoctor doctor
                ? await doctor.ExamineAsync([.. presets.Select(WishOf)], patience.Token)
                : await LookAsync(driver, presets, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return [new Finding(false, "iaas", $"no answer within {Patience.TotalMinutes} min")];
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
