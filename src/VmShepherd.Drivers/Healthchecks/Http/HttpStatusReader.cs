namespace VmShepherd.Drivers.Healthchecks.Http;

/// <summary>Reads an answer byte by byte up to the end of its final status line; nothing behind it is of interest.</summary>
struct HttpStatusReader
{
    const int MaxInterim = 10;

    enum Place
    {
        StatusLine,
        Reason,
        InterimHeaderStart,
        InterimHeader,
    }

    Place _place;
    int _column;
    int _status;
    int _interim;

    /// <summary>Why it cannot become an answer any more; <see langword="null"/> = it still can.</summary>
    public string? Fault { get; private set; }

    /// <summary>The final status; zero = not read yet.</summary>
    public int Status { get; private set; }

    public void Read(ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            switch (_place)
            {
                case Place.StatusLine: ReadStatusLine(b); break;
                case Place.Reason: if (b == '\n') EndStatusLine(); break;
                case Place.InterimHeaderStart: StartInterimHeader(b); break;
                case Place.InterimHeader: if (b == '\n') _place = Place.InterimHeaderStart; break;
            }

            if (Status != 0 || Fault != null) return;
        }
    }

    // HTTP/1.x DDD, then a space or the end of the line.
    void ReadStatusLine(byte b)
    {
        bool fits = _column switch
        {
            < 7 => b == "HTTP/1."u8[_column],
            7 => IsDigit(b),
            8 => b == ' ',
            < 12 => IsDigit(b),
            _ => b is (byte)' ' or (byte)'\r' or (byte)'\n',
        };
        if (_column is > 8 and < 12) _status = (_status * 10) + (b - '0');
        _column++;
        if (!fits || (_column == 12 && _status < 100)) Fault = "the answer is not HTTP/1";
        else if (_column == 13 && b == '\n') EndStatusLine();
        else if (_column == 13) _place = Place.Reason;
    }

    void EndStatusLine()
    {
        // After 101 there is no further answer: the protocol was switched.
        bool interim = _status is < 200 and not 101;
        if (!interim) Status = _status;
        else if (++_interim > MaxInterim) Fault = $"more than {MaxInterim} interim answers";
        else _place = Place.InterimHeaderStart;
    }

    void StartInterimHeader(byte b)
    {
        if (b == '\n') (_place, _column, _status) = (Place.StatusLine, 0, 0);
        else if (b != '\r') _place = Place.InterimHeader;
    }

    static bool IsDigit(byte b) => b is >= (byte)'0' and <= (byte)'9';
}
