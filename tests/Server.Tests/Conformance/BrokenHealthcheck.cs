using System.Net;
using System.Net.Sockets;
using System.Text;
using VmShepherd.Abstractions;
using VmShepherd.Testing;

namespace VmShepherd.Server.Tests.Conformance;

/// <summary>A check that dials and expects "OK", broken in one promise.</summary>
sealed class BrokenHealthcheck(int port, string broken) : IHealthcheckDriver
{
    readonly SemaphoreSlim _one = new(1);

    bool Is(string promise) => broken == promise;

    public async ValueTask<Verdict> CheckAsync(Vm vm, CancellationToken cancellationToken)
    {
        if (Is("cancel")) cancellationToken = CancellationToken.None;
        cancellationToken.ThrowIfCancellationRequested();
        if (vm.Addresses.Count == 0) return Is("no address fails") ? new Verdict.Failed("no address") : new Verdict.Unknown("no address");
        if (Is("passes anything")) return Verdict.Passed;
        if (!IPAddress.TryParse(vm.Addresses[0], out IPAddress? address)) return Is("throws") ? throw new FormatException("no address") : new Verdict.Unknown("no address");
        if (Is("in turn")) await _one.WaitAsync(cancellationToken);
        try
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(Is("waits for ever") ? 1000 : 1), TimeProvider.System);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, Is("cannot be cancelled") ? CancellationToken.None : cancellationToken);
            return await AskAsync(new IPEndPoint(address, port), either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested || Is("cannot be cancelled"))
        {
            return new Verdict.Failed("no answer");
        }
        catch (SocketException refused)
        {
            return Is("blames itself") ? new Verdict.Unknown(refused.Message) : new Verdict.Failed(refused.SocketErrorCode.ToString());
        }
        finally
        {
            if (Is("in turn")) _one.Release();
        }
    }

    async Task<Verdict> AskAsync(IPEndPoint machine, CancellationToken cancellationToken)
    {
        using var socket = new Socket(machine.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(machine, cancellationToken);
        await socket.SendAsync("GET / HTTP/1.0\r\n\r\n"u8.ToArray(), cancellationToken);
        byte[] answer = new byte[4096];
        int got = await socket.ReceiveAsync(answer, cancellationToken);
        if (Is("listens for ever")) while (await socket.ReceiveAsync(answer, cancellationToken) > 0) { }
        string text = Encoding.ASCII.GetString(answer, 0, got);
        if (Is("follows") && text.IndexOf("Location: http://127.0.0.1:", StringComparison.Ordinal) is var at and >= 0)
            await AskAsync(new IPEndPoint(IPAddress.Loopback, int.Parse(text[(at + 27)..].Split('/')[0], System.Globalization.CultureInfo.InvariantCulture)), cancellationToken);
        return text.StartsWith("OK", StringComparison.Ordinal) ? Verdict.Passed : new Verdict.Failed(Is("repeats") ? text : "another answer");
    }
}

sealed class BrokenHealthcheckConformance(string broken) : HealthcheckDriverConformance
{
    protected override TimeSpan TimeLimit => TimeSpan.FromSeconds(6);

    protected override IHealthcheckDriver CreateDriver(int port) => new BrokenHealthcheck(port, broken);
}
