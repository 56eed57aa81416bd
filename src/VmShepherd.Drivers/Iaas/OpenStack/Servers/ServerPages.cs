using System.Globalization;
using System.Net;
using System.Text.Json;
using VmShepherd.Abstractions;
using VmShepherd.Drivers.Iaas.OpenStack.Calls;
using VmShepherd.Drivers.Iaas.OpenStack.Login;

namespace VmShepherd.Drivers.Iaas.OpenStack.Servers;

/// <summary>What one reading of all pages showed.</summary>
/// <param name="Vms">Servers of the names that were asked for, each id once.</param>
/// <param name="Seen">Every server there was: its name by its id; null = a cell is down, and nova knows no more.</param>
/// <param name="Deleted">Those of them that are deleted: told only to who asks for changes.</param>
/// <param name="Pages">How many calls it took.</param>
/// <param name="CloudTime">The cloud's time at the first page, when it said.</param>
/// <param name="IsFull">Whether the last page was as long as it may be: there may be more.</param>
sealed record ServerPagesRead(IReadOnlyList<Vm> Vms, IReadOnlyDictionary<string, string?> Seen, IReadOnlyList<string> Deleted, int Pages, DateTimeOffset? CloudTime, bool IsFull);

/// <summary>
/// Reads lists of servers: every page, or an exception. Pages go by marker, oldest servers first, so that what is created or goes while we read is neither
/// missed nor told twice.
/// </summary>
sealed class ServerPages(CloudApi api, Microversions versions, ErrorDoubts doubts, TimeProvider time)
{
    const int MostPages = 10_000, LargestPage = 500, SmallestPage = 25, NewestPage = 100, Restarts = 3;

    // So long after a page that took too long, larger ones are tried again: each may cost a whole time-out.
    static readonly TimeSpan BetweenSizes = TimeSpan.FromMinutes(1);

    int _pageSize = LargestPage;
    long _sized;

    /// <param name="query">Filters, each ending with &amp;.</param>
    /// <param name="names">Whose servers are wanted.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<ServerPagesRead> ReadAsync(string query, IReadOnlySet<string> names, CancellationToken cancellationToken)
    {
        for (int restart = 0; ; restart++)
        {
            var reading = new Reading(names, new Interned());
            if (await TryReadAsync(query, reading, cancellationToken).ConfigureAwait(false))
            {
                doubts.Prune();
                if (_pageSize < LargestPage && time.GetElapsedTime(_sized) >= BetweenSizes) Resize(_pageSize * 2);
                return reading.Result();
            }

            if (restart == Restarts) throw Failures.NotSent(Call(query, null, null, _pageSize), $"the list could not be read to its end: the server that a page began behind was gone, {Restarts + 1} times", null);
        }
    }

    /// <summary>The newest servers, one page of them.</summary>
    public async Task<ServerPagesRead> ReadNewestAsync(IReadOnlySet<string> names, CancellationToken cancellationToken)
    {
        string? version = await versions.ForLooksAsync(cancellationToken).ConfigureAwait(false);
        var call = new ApiCall(Service.Compute, HttpMethod.Get, $"/servers/detail?sort_key=created_at&sort_dir=desc&limit={NewestPage}", "list of the newest servers") { Microversion = version };
        using ApiAnswer answer = await api.SendAsync(call, cancellationToken).ConfigureAwait(false);
        var reading = new Reading(names, new Interned());
        reading.Take(call, Read(call, answer, reading), NewestPage);
        return reading.Result();
    }

    /// <summary>
    /// The list without any parameter, to be read after the others. It is one page, as long as the cloud's <c>max_limit</c>: the next would take a parameter.
    /// Empty where the cloud tells nothing of cells that are down.
    /// </summary>
    public async Task<BareList> ReadBareAsync(CancellationToken cancellationToken)
    {
        string? version = await versions.ForLooksAsync(cancellationToken).ConfigureAwait(false);
        if (!Microversions.TellsDownCells(version)) return new BareList(new Dictionary<string, string?>());
        var call = new ApiCall(Service.Compute, HttpMethod.Get, "/servers", "list of servers of cells that are down") { Microversion = version };
        using ApiAnswer answer = await api.SendAsync(call, cancellationToken).ConfigureAwait(false);
        var reading = new Reading(new HashSet<string>(), new Interned());
        reading.Take(call, Read(call, answer, reading), int.MaxValue);
        return new BareList(reading.Result().Seen);
    }

    /// <summary>One server, and the cloud's time; <see langword="null"/> = nova does not know it.</summary>
    public async Task<(Vm? Vm, bool IsKnown, DateTimeOffset Now)> FindAsync(string id, CancellationToken cancellationToken)
    {
        string? version = await versions.ForLooksAsync(cancellationToken).ConfigureAwait(false);
        var call = new ApiCall(Service.Compute, HttpMethod.Get, $"/servers/{Uri.EscapeDataString(id)}", $"look at server {id}") { Microversion = version };
        using ApiAnswer answer = await api.SendAsync(call, cancellationToken).ConfigureAwait(false);
        if (answer.Status == HttpStatusCode.NotFound)
        {
            // Only nova's own words are believed: a proxy that has lost its way says 404, too.
            return ErrorText.IsNotFoundOfNova(answer) ? (null, false, default) : throw Failures.NotSent(call, $"404, but not in nova's words: {ErrorText.Of(answer, null)}", null);
        }

        if (!answer.IsGood) throw Refused(call, answer);
        DateTimeOffset now = answer.CloudTime ?? time.GetUtcNow();
        var reader = new ServerReader(new ReadingContext(null, now, doubts, new Interned()));
        Understand(call, () => reader.ReadOne(answer.Body.Span));
        if (!string.Equals(reader.Seen[0].Id, id, StringComparison.Ordinal)) throw Failures.NotSent(call, $"it tells of {reader.Seen[0].Id} instead", null);
        return (reader.Vms.FirstOrDefault(), true, now);
    }

    /// <returns>False when the server at the marker is gone: the list has to be begun again.</returns>
    async Task<bool> TryReadAsync(string query, Reading reading, CancellationToken cancellationToken)
    {
        string? version = await versions.ForLooksAsync(cancellationToken).ConfigureAwait(false);
        for (string? marker = null; ;)
        {
            int size = _pageSize;
            ApiCall call = Call(query, marker, version, size);
            ApiAnswer answer;
            try
            {
                answer = await api.SendAsync(call, cancellationToken).ConfigureAwait(false);
            }
            catch (IaasException e) when (e.InnerException is OperationCanceledException && size > SmallestPage)
            {
                // A cloud that takes too long for a page gets smaller ones.
                Resize(size / 2);
                continue;
            }

            using (answer)
            {
                if (answer.Status == HttpStatusCode.BadRequest && marker is not null && ErrorText.Of(answer, null).Contains("marker", StringComparison.OrdinalIgnoreCase)) return false;
                marker = reading.Take(call, Read(call, answer, reading), size);
            }

            if (marker is null) return true;
        }
    }

    void Resize(int size) => (_pageSize, _sized) = (Math.Clamp(size, SmallestPage, LargestPage), time.GetTimestamp());

    ServerReader Read(ApiCall call, ApiAnswer answer, Reading reading)
    {
        if (!answer.IsGood) throw Refused(call, answer);
        reading.CloudTime ??= answer.CloudTime;
        var page = new ServerReader(new ReadingContext(reading.Names, answer.CloudTime ?? time.GetUtcNow(), doubts, reading.Texts));
        Understand(call, () => page.ReadPage(answer.Body.Span));
        return page;
    }

    static ApiCall Call(string query, string? marker, string? version, int size)
    {
        string limit = size.ToString(CultureInfo.InvariantCulture);
        string path = $"/servers/detail?{query}sort_key=created_at&sort_dir=asc&limit={limit}{(marker is null ? "" : $"&marker={Uri.EscapeDataString(marker)}")}";
        return new ApiCall(Service.Compute, HttpMethod.Get, path, "list of servers") { Microversion = version };
    }

    IaasException Refused(ApiCall call, ApiAnswer answer)
    {
        if (answer.Status == HttpStatusCode.NotAcceptable) versions.Forget();
        return api.Failure(call, answer);
    }

    static void Understand(ApiCall call, Action read)
    {
        try
        {
            read();
        }
        catch (Exception garbled) when (garbled is JsonException or InvalidOperationException)
        {
            throw Failures.NotSent(call, $"the answer can't be understood: {garbled.Message}", garbled);
        }
    }

    /// <summary>What the pages have shown so far.</summary>
    sealed class Reading(IReadOnlySet<string> names, Interned texts)
    {
        readonly List<Vm> _vms = [];
        readonly Dictionary<string, string?> _seen = new(StringComparer.Ordinal);
        readonly List<string> _deleted = [];
        readonly HashSet<string> _markers = new(StringComparer.Ordinal);
        int _pages;
        bool _isFull;

        public IReadOnlySet<string> Names { get; } = names;
        public Interned Texts { get; } = texts;
        public DateTimeOffset? CloudTime { get; set; }

        /// <summary>The marker of the next page; <see langword="null"/> = that was the last one.</summary>
        public string? Take(ApiCall call, ServerReader page, int asked)
        {
            _pages++;
            int news = page.Seen.Count(row => _seen.TryAdd(row.Id, row.Name));
            if (news == page.Seen.Count)
            {
                _vms.AddRange(page.Vms);
            }
            else
            {
                // A server is told twice, on two pages when it moved between them: the first telling stays.
                HashSet<string> taken = _vms.Select(vm => vm.Id).ToHashSet(StringComparer.Ordinal);
                _vms.AddRange(page.Vms.Where(vm => taken.Add(vm.Id)));
            }

            _deleted.AddRange(page.Deleted);

            // Where a page is full and nobody links to the next one, we look for ourselves.
            string? next = page.NextMarker ?? (page.Seen.Count >= asked ? page.Seen[^1].Id : null);
            _isFull = next is not null;
            if (next is null) return null;
            if (!_markers.Add(next) || (news == 0 && page.Seen.Count > 0))
                throw Failures.NotSent(call, $"the pages go round in a circle: the one behind {next} comes again", null);
            if (_pages >= MostPages) throw Failures.NotSent(call, $"more than {MostPages} pages", null);
            return next;
        }

        public ServerPagesRead Result() => new(_vms, _seen, _deleted, _pages, CloudTime, _isFull);
    }
}
