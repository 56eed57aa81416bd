using System.Text;

namespace VmShepherd.Drivers.Programs;

/// <summary>What a program writes to its standard error, line by line into our log: shortened, and no more of it than somebody could read.</summary>
sealed class ProgramLog(Action<string> log, TimeProvider time)
{
    const int MaxLine = 1000, MaxLines = 100;
    static readonly TimeSpan Window = TimeSpan.FromSeconds(60);

    readonly Lock _lock = new();
    long _windowBegan = time.GetTimestamp();
    int _lines, _leftOut;

    public void Write(string line)
    {
        int leftOut = 0;
        lock (_lock)
        {
            if (time.GetElapsedTime(_windowBegan) >= Window) (_windowBegan, leftOut, _lines, _leftOut) = (time.GetTimestamp(), _leftOut, 0, 0);
            if (++_lines > MaxLines)
            {
                _leftOut++;
                return;
            }
        }
        if (leftOut > 0) log($"{leftOut} more lines were left out: at most {MaxLines} are kept of a minute");
        log(line);
    }

    /// <summary>Until it ends.</summary>
    public async Task CopyAsync(Stream from)
    {
        byte[] buffer = new byte[4096];
        var line = new StringBuilder();
        Decoder decoder = Encoding.UTF8.GetDecoder();
        char[] text = new char[buffer.Length];
        try
        {
            while (await from.ReadAsync(buffer).ConfigureAwait(false) is var read and > 0)
                foreach (char c in text.AsMemory(0, decoder.GetChars(buffer.AsSpan(0, read), text, flush: false)).ToArray()) Add(c);
        }
        catch (IOException)
        {
            // It was ended: what it had to say is said.
        }
        if (line.Length > 0) Write(line.ToString());

        void Add(char c)
        {
            if (c == '\n')
            {
                Write(line.ToString());
                line.Clear();
            }
            else if (line.Length < MaxLine)
            {
                line.Append(char.IsControl(c) ? ' ' : c);
            }
        }
    }
}
