namespace VmShepherd.Server.Tests.Running;

/// <summary>One server for all tests that only look.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    readonly Installation _installation = new("installation: shared");

    public RunningServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _installation.WritePreset("web", 3, "meta_tags: {role: web, weight: 5, zones: [a, b], ready: true}");
        _installation.WritePreset("empty", 0);
        _installation.Write("presets/broken.conf", "name: broken\ncount: many\n");
        _installation.WritePreset("evil", 1, """
            meta_tags: {"<script>alert(1)</script>": "\" onload=x"}
            panel_links:
              "<img src=x>": "http://{ip}:80/?a=\"><script>alert(1)</script>"
              shell: "ssh://root@ip:22"
            """);
        _installation.Write("presets/markup.conf", """
            name: "<b>bold</b> & \"quoted\""
            count: 1
            image: debian
            flavor: small
            manage_interval: 0
            """);
        Server = await RunningServer.StartAsync(_installation);
        await Server.MachinesAsync("web", 3);
        await Server.MachinesAsync("evil", 1);
        await Server.MachinesAsync("<b>bold</b> & \"quoted\"", 1);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _installation.Dispose();
    }
}
