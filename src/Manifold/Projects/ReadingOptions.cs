using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Projects;

/// <summary>What a reader of project files may know of the world around it.</summary>
/// <param name="Environment">For interpolation, and for variables that override the file (DEST_REGISTRY …).</param>
internal sealed record ReadingOptions(ImmutableSortedDictionary<string, string> Environment)
{
    /// <summary>The working directory, which the file's paths are shown from.</summary>
    public required string WorkingFolder { get; init; }

    /// <summary><c>--set</c>: <c>[PATTERN.]KEY[.SUBKEY]=VALUE</c>, in order.</summary>
    public ImmutableArray<string> Overrides { get; init; } = [];

    /// <summary>What an image is built for where neither file nor environment says: this machine.</summary>
    public Platform DefaultPlatform { get; init; } = Platform.Host;

    /// <summary>Reads standard input, which a file called <c>-</c> stands for.</summary>
    public Func<string> ReadStandardInput { get; init; } = () =>
        throw new UsageException("-f -: no standard input is available. Name a file.");

    /// <summary>The text of a project file, from the working folder.</summary>
    /// <exception cref="UsageException">It is not there, cannot be read, or is larger than a project file is.</exception>
    internal LocatedText ReadText(string path) =>
        path == "-" ? new LocatedText("-", ReadStandardInput()) : LocatedText.Read(Path.Combine(WorkingFolder, path), path);

    public string? Variable(string name) => Environment.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
}
