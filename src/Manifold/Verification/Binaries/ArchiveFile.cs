using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Manifold.Verification.Binaries;

/// <summary>An archive of Java or Python that brings native libraries for Linux. Others have no facts.</summary>
/// <param name="Parts">The archive itself, and the archives within it, as far as they have any.</param>
internal sealed record ArchiveFile(ImmutableArray<ArchivePart> Parts) : FileFacts
{
    internal static bool Wants(string path) => path.AsSpan(path.LastIndexOf('.') + 1) is "jar" or "war" or "ear" or "whl";

    [JsonIgnore]
    public override ImmutableArray<Machine> Machines => [.. Parts.SelectMany(part => part.Architectures).Distinct()
        .Select(architecture => new Machine("linux", architecture))];

    public bool Equals(ArchiveFile? other) => other is not null && Parts.SequenceEqual(other.Parts);

    public override int GetHashCode() => Parts.Length;
}

/// <summary>The native libraries of one archive.</summary>
/// <param name="Inside">The archive's path within the file; empty for the file itself.</param>
/// <param name="Architectures">For which processors it has any.</param>
/// <param name="Example">One of them.</param>
internal sealed record ArchivePart(string Inside, ImmutableArray<string> Architectures, string Example)
{
    public bool Equals(ArchivePart? other) => other is not null && (Inside, Example) == (other.Inside, other.Example)
        && Architectures.SequenceEqual(other.Architectures);

    public override int GetHashCode() => HashCode.Combine(Inside, Example);
}
