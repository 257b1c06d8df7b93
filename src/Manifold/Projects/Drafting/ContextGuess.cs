using Manifold.Dockerfile;

namespace Manifold.Projects.Drafting;

/// <summary>The context that a Dockerfile was written for: the nearest folder above it that has what it copies.</summary>
/// <param name="Folder">Relative to the surveyed folder; empty for that folder.</param>
/// <param name="Because">A file that it copies from there, and that is not beside the Dockerfile; null if the context is the Dockerfile's
/// folder, or if the folder's name decided.</param>
internal sealed record ContextGuess(string Folder, string? Because)
{
    private static readonly HashSet<string> Keepers = new(StringComparer.OrdinalIgnoreCase)
    {
        "docker", "dockerfile", "dockerfiles", "container", "containers", "containerfiles", "build", "deploy", "ci", "image", "images",
        "package", "packaging",
    };

    /// <summary>True for a folder that holds Dockerfiles of things that are elsewhere, such as <c>docker/</c>.</summary>
    public static bool IsKeeper(string folder) => Keepers.Contains(NameOf(folder));

    public static string NameOf(string folder) => folder[(folder.LastIndexOf('/') + 1)..];

    public static string ParentOf(string folder) => folder.LastIndexOf('/') is var slash and >= 0 ? folder[..slash] : "";

    public static ContextGuess Of(string root, FoundDockerfile dockerfile)
    {
        var sources = dockerfile.Tree.Instructions.OfType<FilesInstruction>().Where(each => each is not CopyInstruction { From: not null })
            .SelectMany(each => each.Sources).Select(Plain).OfType<string>().Distinct().ToList();
        var named = sources.Where(source => source.Length > 0).ToList();
        if (named.Count == 0)
        {
            return sources.Count > 0 && dockerfile.Folder.Length > 0 && IsKeeper(dockerfile.Folder)
                ? new ContextGuess(ParentOf(dockerfile.Folder), null) : new ContextGuess(dockerfile.Folder, null);
        }
        var candidates = new List<string> { dockerfile.Folder };
        while (candidates[^1].Length > 0)
            candidates.Add(ParentOf(candidates[^1]));
        var best = candidates.MinBy(folder => named.Count(source => !Exists(root, folder, source)))!; // the nearest of equals
        return new ContextGuess(best, best == dockerfile.Folder ? null
            : named.First(source => Exists(root, best, source) && !Exists(root, dockerfile.Folder, source)));
    }

    private static bool Exists(string root, string folder, string source) => Path.Exists(Path.Combine(root, folder, source));

    /// <summary>A source up to its first wildcard. Empty for the whole context; null for an address, or a name with a variable.</summary>
    private static string? Plain(string source)
    {
        if (source.Contains('$', StringComparison.Ordinal) || source.Contains("://", StringComparison.Ordinal)
            || source.StartsWith("git@", StringComparison.Ordinal) || source.Contains('\0', StringComparison.Ordinal))
            return null;
        var wildcard = source.AsSpan().IndexOfAny("*?[\\");
        if (wildcard >= 0)
            source = source[..(source.LastIndexOf('/', wildcard) + 1)];
        source = source.Trim('/');
        while (source.StartsWith("./", StringComparison.Ordinal))
            source = source[2..].TrimStart('/');
        return source is "." ? "" : source.Split('/').Contains("..") ? null : source;
    }
}
