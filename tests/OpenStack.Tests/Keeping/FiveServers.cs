using OpenStack.Tests.Lab;

namespace OpenStack.Tests.Keeping;

/// <summary>A preset of five, from none to all running.</summary>
public sealed class FiveServers(OpenStackLab lab) : IAsyncLifetime
{
    public const string Preset = "web";

    public Guests Guests { get; } = new();

    public Keeper Keeper { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Keeper = Keeper.For(await Tenant.CreateAsync(lab), Guests);
        Keeper.WritePreset(Preset, 5);
        await Keeper.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Keeper.DisposeAsync();
        await Keeper.Tenant.DisposeAsync();
        await Guests.DisposeAsync();
    }
}
