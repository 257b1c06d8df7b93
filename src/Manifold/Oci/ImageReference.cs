using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Manifold.Oci;

/// <summary>Names an image in a registry, e.g. <c>quay.io/acme/app:1.4</c>, always fully qualified.</summary>
/// <remarks>
/// Grammar: the distribution reference grammar that Docker uses. A name without a registry is on docker.io, one without a
/// folder there is under <c>library/</c>; without tag and digest, the tag is <c>latest</c>.
/// </remarks>
public sealed partial record ImageReference
{
    private const int LongestRepository = 255;

    // Registry, repository, tag and digest, each at its longest.
    private const int Longest = 1024;

    private ImageReference(string registry, string repository, string? tag, Digest? digest) =>
        (Registry, Repository, Tag, Digest) = (registry, repository, tag, digest);

    /// <summary>
    /// The name as it was written, where it was written without a registry, e.g.
    /// <c>fedora-minimal</c>; null where the registry was named.
    /// </summary>
    /// <remarks>Says nothing of what the reference stands for: two references are equal whichever way they were written.</remarks>
    public string? ShortName { get; private init; }

    /// <summary>Host and port, e.g. <c>localhost:5000</c>.</summary>
    public string Registry { get; }

    /// <summary>The path below the registry, e.g. <c>library/debian</c>.</summary>
    public string Repository { get; }

    /// <summary>Null where only a digest was given.</summary>
    public string? Tag { get; }

    public Digest? Digest { get; }

    /// <summary>Registry and repository, without tag and digest.</summary>
    public string Name => $"{Registry}/{Repository}";

    /// <summary>What the registry is asked for: the digest where there is one, else the tag.</summary>
    public string Selector => Digest?.ToString() ?? Tag!;

    public static ImageReference Parse(string text)
    {
        if (!TryParse(text, out var reference))
            throw new FormatException(WhyNot(text));
        return reference;
    }

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ImageReference? reference)
    {
        reference = null;
        if (string.IsNullOrEmpty(text) || text.Length > Longest || IdentifierPattern().IsMatch(text))
            return false;

        Digest? digest = null;
        var name = text;
        if (name.IndexOf('@', StringComparison.Ordinal) is var at and >= 0)
        {
            if (!Oci.Digest.TryParse(name[(at + 1)..], out var parsed))
                return false;
            (digest, name) = (parsed, name[..at]);
        }

        string? tag = null;
        var colon = name.LastIndexOf(':');
        if (colon > name.LastIndexOf('/'))
        {
            (tag, name) = (name[(colon + 1)..], name[..colon]);
            if (!TagPattern().IsMatch(tag))
                return false;
        }

        var (registry, repository, isShort) = SplitRegistry(name);
        // The grammar accepts invalid hosts: a..b, [::::], a port of 99999.
        if (!RegistryPattern().IsMatch(registry) || repository.Length > LongestRepository || !RepositoryPattern().IsMatch(repository)
            || !Uri.TryCreate($"https://{registry}/", UriKind.Absolute, out _))
            return false;
        reference = new ImageReference(registry, repository, tag ?? (digest is null ? "latest" : null), digest)
        {
            ShortName = isShort
                ? name : null,
        };
        return true;
    }

    /// <summary>Returns a sentence that says why a text is not a reference.</summary>
    internal static string WhyNot(string text)
    {
        if (IdentifierPattern().IsMatch(text))
            return $"'{text}' is the ID of an image, not its name. Expected NAME[:TAG] or NAME@sha256:{text}.";
        if (text.Split('/').Any(part => part.Length > LongestRepository) || text.Split('@')[0].Length > LongestRepository)
            return $"'{text}' is too long for an image reference. A repository has at most {LongestRepository} characters.";
        return $"'{text}' is not an image reference. Expected [registry/]repository[:tag][@digest], in lower case.";
    }

    public ImageReference WithTag(string tag)
    {
        if (!TagPattern().IsMatch(tag))
            throw new FormatException($"'{tag}' is not a valid tag.");
        return new(Registry, Repository, tag, null) { ShortName = ShortName };
    }

    public ImageReference WithDigest(Digest digest) => new(Registry, Repository, Tag, digest) { ShortName = ShortName };

    /// <summary>The same, as if it had been written with its registry.</summary>
    public ImageReference Qualified() => ShortName is null ? this : new(Registry, Repository, Tag, Digest);

    public bool Equals(ImageReference? other) => other is not null
        && Registry == other.Registry && Repository == other.Repository && Tag == other.Tag && Digest == other.Digest;

    public override int GetHashCode() => HashCode.Combine(Registry, Repository, Tag, Digest);

    public override string ToString() => Name + (Tag is null ? "" : ":" + Tag) + (Digest is null ? "" : "@" + Digest);

    private static (string Registry, string Repository, bool IsShort) SplitRegistry(string name)
    {
        var slash = name.IndexOf('/', StringComparison.Ordinal);
        var first = slash < 0 ? "" : name[..slash];
        var isHost = first.AsSpan().ContainsAny('.', ':') || first == "localhost" || first.Any(char.IsAsciiLetterUpper);
        var (registry, repository) = isHost ? (first, name[(slash + 1)..]) : ("docker.io", name);
        if (registry is "index.docker.io" or "registry-1.docker.io")
            registry = "docker.io";
        if (registry == "docker.io" && !repository.Contains('/', StringComparison.Ordinal))
            repository = "library/" + repository;
        return (registry, repository, !isHost);
    }

    /// <summary>An image's id, which engines take where they take a name.</summary>
    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex IdentifierPattern();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\z")]
    private static partial Regex TagPattern();

    [GeneratedRegex(@"^(?:\[[0-9a-fA-F:]+\]|(?![^:]*(?:-\.|\.-))[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::[0-9]{1,5})?\z")]
    private static partial Regex RegistryPattern();

    [GeneratedRegex(@"^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex RepositoryPattern();
}
