using Manifold.Dockerfile;

namespace Manifold.Projects;

/// <summary>A component's source code, which lies in a folder of its own beside the Dockerfile.</summary>
internal sealed record SourceCheckout
{
    /// <summary>Where git finds it; null where the folder is taken as it is.</summary>
    public string? Repository { get; init; }

    /// <summary>A commit, a tag or a branch; null means the repository's default branch.</summary>
    public string? Commit { get; init; }

    /// <summary>Absolute; with a repository it is git's alone: what was changed in it is thrown away.</summary>
    public required string Folder { get; init; }

    /// <summary>The build argument that gets <c>git describe --tags</c> of it.</summary>
    public string? VersionArgument { get; init; }

    /// <summary>What names the repository, or the folder.</summary>
    public required Place Place { get; init; }
}
