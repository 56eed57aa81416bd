using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bench;

/// <summary>Asks the same thing over kept connections, one thread each, as fast as answers come.</summary>
static class HttpLoad
{
    const int Connections = 8;

    static readonly TimeSpan Window = TimeSpan.FromSeconds(1.5);

    /// <summary>Answers a second, and what each cost the server.</summary>
    public static (double CallsEachSecond, double MicrosecondsEach) Run(Child server, int port, byte[] request)
    {
        long answers = 0;
        TimeSpan before = server.Cpu;
        long begun = Stopwatch.GetTimestamp();
        Thread[] threads = [.. Enumerable.Range(0, Connections).Select(_ => new Thread(() =>
        {
            using Socket socket = Connect(port);
            byte[] buffer = new byte[256 * 1024];
            while (Stopwatch.GetElapsedTime(begun) < Window)
            {
                Ask(socket, request, buffer);
                Interlocked.Increment(ref answers);
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        TimeSpan took = Stopwatch.GetElapsedTime(begun), cpu = server.Cpu - before;
        return (answers / took.TotalSeconds, cpu.TotalMicroseconds / answers);
    }

    /// <summary>One call; the whole answer, framing and all.</summary>
    public static string Once(int port, byte[] request)
    {
        using Socket socket = Connect(port);
        byte[] buffer = new byte[1024 * 1024];
        return Encoding.UTF8.GetString(buffer, 0, Ask(socket, request, buffer));
    }

    public static byte[] Post(string path, string json) => Encoding.UTF8.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}");

    static Socket Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(new IPEndPoint(IPAddress.Loopback, port));
        return socket;
    }

    /// <summary>Sends, and reads the whole answer. Only its start and, without a length, its end are kept in the buffer.</summary>
    static int Ask(Socket socket, byte[] request, byte[] buffer)
    {
        socket.Send(request);
        int read = 0;
        long total = 0, length = -1;
        while (true)
        {
            int got = socket.Receive(buffer, read, buffer.Length - read, SocketFlags.None);
            if (got == 0) throw new InvalidOperationException("the server closed the connection");
            read += got;
            total += got;
            if (length < 0)
            {
                int head = buffer.AsSpan(0, read).IndexOf("\r\n\r\n"u8);
                if (head < 0) continue;
                if (!buffer.AsSpan(0, read).StartsWith("HTTP/1.1 200"u8)) throw new InvalidOperationException(Encoding.UTF8.GetString(buffer, 0, read));
                length = Length(Encoding.ASCII.GetString(buffer, 0, head)) is { } known ? head + 4 + known : long.MaxValue;
            }

            if (total == length || (length == long.MaxValue && buffer.AsSpan(0, read).EndsWith("\r\n0\r\n\r\n"u8))) return read;
            if (read == buffer.Length) throw new InvalidOperationException("the answer is larger than expected");
        }
    }

    static long? Length(string head)
    {
        const string Key = "\r\nContent-Length:";
        int at = head.IndexOf(Key, StringComparison.OrdinalIgnoreCase);
        return at < 0 ? null : long.Parse(head[(at + Key.Length)..].Split('\r')[0], CultureInfo.InvariantCulture);
    }
}
