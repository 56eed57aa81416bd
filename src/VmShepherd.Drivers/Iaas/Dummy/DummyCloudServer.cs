using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using VmShepherd.Abstractions;

namespace VmShepherd.Drivers.Iaas.Dummy;

/// <summary>
/// Serves one <see cref="SimulatedCloud"/> over HTTP on loopback: to people (the control endpoint) and to the <see cref="DummyIaasDriver"/>s that
/// connect. Bare Kestrel: no host, no configuration, no log of its own, nothing that reacts to the signals of the process it lives in.
/// </summary>
public sealed class DummyCloudServer : IAsyncDisposable
{
    const int MaxBody = 16 * 1024 * 1024;

    /// <summary>With a client that has connected and says nothing, as a load balancer before a real cloud has no more: what such a client says later is not heard.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    readonly KestrelServer _server;
    readonly bool _ownsCloud;

    DummyCloudServer(SimulatedCloud cloud, bool ownsCloud, KestrelServer server)
    {
        Cloud = cloud;
        _ownsCloud = ownsCloud;
        _server = server;
        Url = new Uri(server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());
    }

    /// <summary>The cloud behind it.</summary>
    public SimulatedCloud Cloud { get; }

    /// <summary>Where it listens; what <c>connect</c> takes.</summary>
    public Uri Url { get; }

    /// <summary>A cloud of its own, served: what <c>vmshepherd dummy-cloud</c> runs.</summary>
    /// <param name="listen">A loopback address; port 0 = any free one.</param>
    /// <param name="options">The cloud's options, without <c>control</c> and <c>connect</c>: the endpoint is at <paramref name="listen"/>.</param>
    /// <param name="context">Clock and chance.</param>
    /// <param name="ledgerFile">The file to append the ledger to; <see langword="null"/> = memory only.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="ArgumentException">The address is not on loopback, or an option makes no sense here.</exception>
    /// <exception cref="IOException">The port is in use, or the ledger cannot be opened.</exception>
    public static async Task<DummyCloudServer> StartAsync(
        IPEndPoint listen, DummyIaasOptions options, DriverContext context, string? ledgerFile = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Control is not null) throw new ArgumentException("control: a dummy cloud has its control endpoint at the address it listens on; leave `control` out");
        if (options.Connect is not null) throw new ArgumentException("connect: a dummy cloud serves its own machines; leave `connect` out");

        SimulatedCloud cloud = SimulatedCloud.From(options, context, ledgerFile);
        try
        {
            DummyCloudServer server = await StartAsync(listen, cloud, ownsCloud: true, cancellationToken).ConfigureAwait(false);
            cloud.Scope = $"dummy:{server.Url.Authority}"; // two clouds are two places: who is sent to the other one by mistake must notice
            return server;
        }
        catch
        {
            cloud.Dispose();
            throw;
        }
    }

    /// <summary>Serves a cloud that somebody else made and disposes.</summary>
    /// <param name="listen">A loopback address; port 0 = any free one.</param>
    /// <param name="cloud">The cloud.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="ArgumentException">The address is not on loopback.</exception>
    /// <exception cref="IOException">The port is in use.</exception>
    public static Task<DummyCloudServer> StartAsync(IPEndPoint listen, SimulatedCloud cloud, CancellationToken cancellationToken = default) =>
        StartAsync(listen, cloud, ownsCloud: false, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        // As when a plug is pulled: nobody is waited for.
        await _server.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        _server.Dispose();
        if (_ownsCloud) Cloud.Dispose();
    }

    static async Task<DummyCloudServer> StartAsync(IPEndPoint listen, SimulatedCloud cloud, bool ownsCloud, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(listen);
        if (!IPAddress.IsLoopback(listen.Address))
            throw new ArgumentException($"{listen}: a dummy cloud obeys everybody who reaches it, so it listens on loopback only; use 127.0.0.1:{listen.Port}");

        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = MaxBody;
        options.Limits.RequestHeadersTimeout = options.Limits.KeepAliveTimeout = Patience;
        options.Listen(listen);
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        var server = new KestrelServer(Options.Create(options), transport, NullLoggerFactory.Instance);
        try
        {
            await server.StartAsync(new Application(new DummyCloudApi(cloud)), cancellationToken).ConfigureAwait(false);
            return new DummyCloudServer(cloud, ownsCloud, server);
        }
        catch (Exception failed)
        {
            server.Dispose();
            if (failed is IOException or SocketException) throw new IOException($"cannot listen on {listen}: {failed.Message}", failed);
            throw;
        }
    }

    sealed class Application(DummyCloudApi api) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

        public Task ProcessRequestAsync(HttpContext context) => api.AnswerAsync(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }
}
