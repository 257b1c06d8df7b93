namespace Manifold.Server;

/// <summary>What was read from files that change while the server runs: renewed certificates, new users.</summary>
/// <remarks>
/// The files' bytes are compared, at most once a second: names that are links to links (as certbot and Kubernetes lay them) need no
/// special care. Where the new content is not usable, the former stays and <paramref name="warn"/> is told once. Thread-safe.
/// </remarks>
internal sealed class Reloaded<T>(IReadOnlyList<string> paths, Func<IReadOnlyList<byte[]>, T> parse, Action<string> warn, TimeProvider time)
    where T : class
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly Lock alone = new();
    private IReadOnlyList<byte[]> seen = [];
    private string? told;
    private long looked;
    private T? value;

    /// <exception cref="UsageException">The first reading failed; later ones never throw.</exception>
    public T Value
    {
        get
        {
            lock (alone)
            {
                if (value is null)
                    Load();
                else if (time.GetElapsedTime(looked) >= Pause)
                    TryLoad();
                return value!;
            }
        }
    }

    private void TryLoad()
    {
        try
        {
            Load();
        }
        catch (UsageException e)
        {
            if (told != e.Message)
                warn($"{e.Message} The previous content stays in use.");
            told = e.Message;
        }
    }

    private void Load()
    {
        looked = time.GetTimestamp();
        var now = paths.Select(Read).ToList();
        if (now.Count == seen.Count && now.Zip(seen).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)))
            return;
        seen = now; // also where they cannot be parsed: the same bytes will not get better
        value = parse(now);
        told = null;
    }

    private static byte[] Read(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"Reading '{path}': {e.Message}");
        }
    }
}
