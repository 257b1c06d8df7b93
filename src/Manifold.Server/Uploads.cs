using System.Collections.Concurrent;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Server;

/// <summary>
/// The uploads that are not complete. One request at a time works on each; between requests its file is open and its hash runs on.
/// </summary>
/// <remarks>
/// <code>
/// begun --request--> idle --10 minutes--> closed: its bytes stay, and the next request takes it up from its file --1 day--> gone
///                     ^------request----------'  (one without bytes goes at once)
/// </code>
/// An upload that this process does not know, since another began it or was killed, is closed in the same sense.
/// </remarks>
internal sealed class Uploads(Store store, ServeOptions options) : IDisposable
{
    // What is open changes under it, but for uploads that end: who sees room has it.
    private readonly Lock door = new();
    private readonly ConcurrentDictionary<string, Session> sessions = new();
    private readonly TimeProvider time = options.Time;

    /// <summary>Null where too many of the client's are not complete.</summary>
    public Open? TryBegin(string repository, string client)
    {
        lock (door)
        {
            CloseIdle();
            if (!HasRoom(client))
                return null;
            var id = Guid.NewGuid().ToString("N");
            return Add(PartialBlob.Create(store, store.Repositories.UploadPath(repository, id)), repository, id, client);
        }
    }

    /// <summary>Waits for an upload. Null where there is none of that name, or where it is closed and its client has too many.</summary>
    public async Task<(Open? Upload, bool IsFull)> TryOpenAsync(string repository, string id, string client,
        CancellationToken cancellation)
    {
        if (!Guid.TryParseExact(id, "N", out _))
            return (null, false);
        while (true)
        {
            Session? session;
            lock (door)
            {
                if (!sessions.TryGetValue(Key(repository, id), out session))
                    return TakeUp(repository, id, client);
            }
            await session.Gate.WaitAsync(cancellation);
            if (!session.Ended)
                return (new Open(this, session, repository, id), false);
            session.Gate.Release(); // closed while we waited: its file tells whether there is more of it
        }
    }

    /// <summary>Opens one that is closed: that takes room as beginning does.</summary>
    private (Open? Upload, bool IsFull) TakeUp(string repository, string id, string client)
    {
        CloseIdle();
        if (PartialBlob.TryResume(store, store.Repositories.UploadPath(repository, id)) is not { } blob)
            return (null, false);
        if (HasRoom(client))
            return (Add(blob, repository, id, client), false);
        blob.Dispose();
        return (null, true);
    }

    private Open Add(PartialBlob blob, string repository, string id, string client)
    {
        var session = new Session(blob, client, time.GetUtcNow());
        sessions[Key(repository, id)] = session;
        return new Open(this, session, repository, id);
    }

    /// <summary>Once an hour, removes what nobody went on with for a day, in this process or any other.</summary>
    public async Task ExpireAsync(CancellationToken cancellation)
    {
        using var hourly = new PeriodicTimer(TimeSpan.FromHours(1), time);
        do
        {
            CloseIdle();
            try
            {
                store.Repositories.ExpireUploads(time.GetUtcNow() - ServeLimits.UploadExpiry);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The disk refuses; clients hear of that when they push, and there is a next hour.
            }
        }
        while (await hourly.WaitForNextTickAsync(cancellation));
    }

    /// <summary>An upload that one request has for itself until it disposes it.</summary>
    public sealed class Open(Uploads owner, Session session, string repository, string id) : IDisposable
    {
        public string Repository => repository;
        public string Id => id;
        public string Location => $"/v2/{repository}/blobs/uploads/{id}";
        public PartialBlob Blob => session.Blob;

        public bool TryComplete(Digest digest)
        {
            End();
            return session.Blob.TryComplete(digest);
        }

        public void Abandon()
        {
            End();
            session.Blob.Abandon();
        }

        private void End()
        {
            session.Ended = true;
            owner.sessions.TryRemove(Key(repository, id), out _);
        }

        public void Dispose()
        {
            if (session.Ended)
                session.Blob.Dispose();
            session.LastUsed = owner.time.GetUtcNow();
            session.Gate.Release();
        }
    }

    internal sealed class Session(PartialBlob blob, string client, DateTimeOffset opened) : IDisposable
    {
        public PartialBlob Blob => blob;

        /// <summary>The client that started it, or resumed it from its file.</summary>
        public string Client => client;

        /// <summary>Taken at first, by the request that opened it.</summary>
        public SemaphoreSlim Gate { get; } = new(0, 1);

        public bool Ended { get; set; }
        public DateTimeOffset LastUsed { get; set; } = opened;

        public void Dispose()
        {
            blob.Dispose();
            Gate.Dispose();
        }
    }

    /// <summary>When the client may begin another one: an older one has been left for long enough by then.</summary>
    public TimeSpan RetryAfter(string client) =>
        ServeLimits.UploadGrace
        - sessions.Values.Where(session => session.Client == client).Select(IdleTime).DefaultIfEmpty(ServeLimits.UploadGrace).Max();

    /// <summary>
    /// Closes a client's idle uploads if it has too many. If there are too many in all,
    /// closes the oldest idle one of the client with the most.
    /// </summary>
    private bool HasRoom(string client)
    {
        var own = sessions.Where(session => session.Value.Client == client).ToList();
        if (own.Count >= options.OpenUploadsOfOne)
            return CloseOne(own.Where(IsLeft));
        if (sessions.Count < options.OpenUploads)
            return true;
        var most = sessions.GroupBy(session => session.Value.Client).MaxBy(each => each.Count())!.ToList();
        return CloseOne(most.Where(session => most.Count > own.Count || IsLeft(session)));
    }

    private bool CloseOne(IEnumerable<KeyValuePair<string, Session>> among) =>
        among.OrderByDescending(session => IdleTime(session.Value)).Any(TryClose);

    private bool IsLeft(KeyValuePair<string, Session> session) => IdleTime(session.Value) >= ServeLimits.UploadGrace;

    private TimeSpan IdleTime(Session session) => time.GetUtcNow() - session.LastUsed;

    private void CloseIdle()
    {
        lock (door)
        {
            foreach (var session in sessions.Where(session => IdleTime(session.Value) >= ServeLimits.UploadIdle))
                TryClose(session);
        }
    }

    /// <summary>Bytes that have arrived stay in its file. False where a request works on it.</summary>
    private bool TryClose(KeyValuePair<string, Session> entry)
    {
        var (key, session) = entry;
        if (!session.Gate.Wait(0))
            return false;
        if (!session.Ended)
        {
            session.Ended = true;
            sessions.TryRemove(key, out _);
            if (session.Blob.Length == 0)
                session.Blob.Abandon();
            session.Blob.Dispose();
        }
        session.Gate.Release();
        return true;
    }

    private static string Key(string repository, string id) => $"{repository}:{id}";

    public void Dispose()
    {
        foreach (var session in sessions.Values)
            session.Dispose();
    }
}
