using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Bench;

/// <summary>The least that ASP.NET Core can be: Kestrel, one endpoint, one constant answer.</summary>
static class BareWeb
{
    public static async Task<int> RunAsync(int bytes)
    {
        byte[] body = new byte[bytes];
        Array.Fill(body, (byte)'x');
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        await using WebApplication app = builder.Build();
        app.Map("/{**any}", async context =>
        {
            context.Response.ContentLength = body.Length;
            await context.Response.Body.WriteAsync(body);
        });
        await app.StartAsync();
        Console.WriteLine(new Uri(app.Urls.First()).Port);
        await Task.Delay(Timeout.Infinite);
        return 0;
    }

    /// <summary>As a child, and the port it listens on.</summary>
    public static async Task<(Child Process, int Port)> StartAsync(int bytes)
    {
        Child process = Child.Start(Environment.ProcessPath!, ["floor-web", $"{bytes}"]);
        string? port = await process.Output.ReadLineAsync();
        return (process, int.Parse(port ?? throw new InvalidOperationException("the bare web server did not start"), System.Globalization.CultureInfo.InvariantCulture));
    }
}
