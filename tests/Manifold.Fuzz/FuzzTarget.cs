using System.Collections.Immutable;

namespace Manifold.Fuzz;

/// <summary>Something of the program that reads what comes from outside, and what it is fed with.</summary>
public sealed class FuzzTarget
{
    /// <summary>Reads a Dockerfile; see <see cref="Target"/>.</summary>
    public static FuzzTarget Dockerfiles { get; } = new()
    {
        Name = "dockerfiles",
        Files = "*Dockerfile*",
        Culprit = "culprit.Dockerfile",
        Corpus = [],
        Pieces = Mutations.DockerfilePieces,
        Read = bytes => Target.Read(bytes),
    };

    /// <summary>Reads an index, a manifest or a config; see <see cref="DocumentTarget"/>.</summary>
    public static FuzzTarget Documents { get; } = new()
    {
        Name = "documents",
        Files = "*.json",
        Culprit = "culprit.documents",
        Corpus = DocumentTarget.Corpus,
        Pieces = DocumentTarget.Pieces,
        Read = DocumentTarget.Read,
    };

    /// <summary>Reads an address or a name of an image; see <see cref="AddressTarget"/>.</summary>
    public static FuzzTarget Addresses { get; } = new()
    {
        Name = "addresses",
        Files = "*.txt",
        Culprit = "culprit.addresses",
        Corpus = AddressTarget.Corpus,
        Pieces = AddressTarget.Pieces,
        Read = AddressTarget.Read,
    };

    public required string Name { get; init; }

    /// <summary>The pattern of the files' names.</summary>
    public required string Files { get; init; }

    /// <summary>The name under which a file that is not read correctly is kept.</summary>
    public required string Culprit { get; init; }

    /// <summary>Files that are there without a folder.</summary>
    public required ImmutableArray<byte[]> Corpus { get; init; }

    /// <summary>The pieces that mutations insert.</summary>
    public required ImmutableArray<string> Pieces { get; init; }

    /// <summary>
    /// Reads a file as the program would. Whatever its bytes are, this ends soon,
    /// and throws only for faults in the target.
    /// </summary>
    public required Action<byte[]> Read { get; init; }

    public static FuzzTarget Named(string name) => new[] { Dockerfiles, Documents, Addresses }.FirstOrDefault(target => target.Name == name)
        ?? throw new ArgumentException($"There is no target '{name}'. There are: dockerfiles, documents, addresses.", nameof(name));

    internal static void Promise(bool kept, string what)
    {
        if (!kept)
            throw new InvalidOperationException($"Not so: {what}.");
    }
}
