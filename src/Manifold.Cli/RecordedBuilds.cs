using Manifold.Building.Recording;
using Manifold.Content;
using Manifold.Linux;

namespace Manifold.Cli;

/// <summary>
/// The records of the store as people name them: by id, by its begin, as <c>latest</c>; or a record's file from elsewhere.
/// </summary>
internal sealed class RecordedBuilds(Store store)
{
    public const string Help = "The ID of a build or its first characters, 'latest', or a record.json file. 'manifold builds' lists the "
        + "IDs. Default: latest.";

    /// <exception cref="UsageException">There is no such build, or several.</exception>
    public BuildRecord Find(string? name) => TryFind(name) ?? throw Unknown(name);

    /// <summary>Null where the name is none of a build.</summary>
    /// <exception cref="UsageException">The name stands for several, or the file is none of a record.</exception>
    public BuildRecord? TryFind(string? name)
    {
        if (name is not null
            && (name.EndsWith(".json", StringComparison.Ordinal) || name.Contains('/', StringComparison.Ordinal))
            && File.Exists(name))
            return Parse(name, PlainFile.Read(name, Limits.DocumentBytes));
        var ids = name is null or "latest" ? [.. store.Builds.List().Take(1)] : store.Builds.Find(name);
        if (ids.Count > 1)
            throw new UsageException($"'{name}' matches {ids.Count} builds: {string.Join(", ", ids.Take(5))}. Type more characters.");
        return ids is [var id] && store.Builds.TryRead(id) is { } bytes ? Parse(id, bytes) : null;
    }

    /// <summary>The latest first; what cannot be read is left out, and told.</summary>
    public IEnumerable<BuildRecord> Latest(int most, Action<string> tell)
    {
        foreach (var id in store.Builds.List().Take(most))
        {
            BuildRecord? record = null;
            try
            {
                record = store.Builds.TryRead(id) is { } bytes ? RecordJson.Read(bytes) : null;
            }
            catch (FormatException e)
            {
                tell($"build {id} is not listed: {e.Message}.");
            }
            if (record is not null)
                yield return record;
        }
    }

    private static BuildRecord Parse(string name, byte[] bytes)
    {
        try
        {
            return RecordJson.Read(bytes);
        }
        catch (FormatException e)
        {
            throw new UsageException($"'{name}': {e.Message}.");
        }
    }

    private UsageException Unknown(string? name) => new(store.Builds.List() is [var latest, ..]
        ? $"There is no build '{name}'. The latest build is {latest}. To list all builds, run: manifold builds"
        : $"The store '{store.Root}' has no builds yet. To build an image, run: manifold build");
}
