using System.Collections.Concurrent;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Server;

/// <summary>The uploads that are not complete. One request at a time works on each; between requests its running hash is kept here.</summary>
/// <remarks>The bytes are in the store, so an upload that this process does not know is taken up from its file.</remarks>
internal sealed class Uploads(Store store, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);
    private readonly ConcurrentDictionary<string, Session> sessions = new();
    private readonly TimeProvider time = time;

    public async Task<Open> BeginAsync(string repository, CancellationToken cancellation)
    {
        Forget();
        var id = Guid.NewGuid().ToString("N");
        var session = new Session(PartialBlob.Create(store, store.Repositories.UploadPath(repository, id)));
        sessions[Key(repository, id)] = session;
        await session.Gate.WaitAsync(cancellation);
        return new Open(this, session, repository, id);
    }

    public async Task<Open?> TryOpenAsync(string repository, string id, CancellationToken cancellation)
    {
        if (!Guid.TryParseExact(id, "N", out _))
            return null;
        while (true)
        {
            if (!sessions.TryGetValue(Key(repository, id), out var session))
            {
                if (PartialBlob.TryResume(store, store.Repositories.UploadPath(repository, id)) is not { } blob)
                    return null;
                session = new Session(blob);
                if (!sessions.TryAdd(Key(repository, id), session))
                {
                    session.Dispose();
                    continue;
                }
            }
            await session.Gate.WaitAsync(cancellation);
            if (!session.Ended)
                return new Open(this, session, repository, id);
            session.Gate.Release();
            return null;
        }
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

    internal sealed class Session(PartialBlob blob) : IDisposable
    {
        public PartialBlob Blob => blob;
        public SemaphoreSlim Gate { get; } = new(1, 1);
        public bool Ended { get; set; }
        public DateTimeOffset LastUsed { get; set; } = DateTimeOffset.MaxValue;

        public void Dispose()
        {
            blob.Dispose();
            Gate.Dispose();
        }
    }

    /// <summary>Closes the files of uploads whose clients have been silent; the bytes stay.</summary>
    private void Forget()
    {
        foreach (var (key, session) in sessions)
        {
            if (session.LastUsed + Idle > time.GetUtcNow() || !session.Gate.Wait(0))
                continue;
            session.Ended = true;
            sessions.TryRemove(key, out _);
            session.Blob.Dispose();
            session.Gate.Release();
        }
    }

    private static string Key(string repository, string id) => $"{repository}:{id}";

    public void Dispose()
    {
        foreach (var session in sessions.Values)
            session.Dispose();
    }
}
