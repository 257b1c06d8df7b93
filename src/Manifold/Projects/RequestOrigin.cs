using Manifold.Dockerfile;
using Manifold.Planning;
using Manifold.Planning.Checks;

namespace Manifold.Projects;

/// <summary>The place that a request for an image comes from: the file of a project, or a command line.</summary>
/// <param name="component">The image's name in its project. The only image of a command line has none: its name is empty.</param>
internal readonly struct RequestOrigin(string component)
{
    /// <summary>The name that errors, warnings and events give the image; null for the image of a command line.</summary>
    public string? Name => component.Length > 0 ? component : null;

    /// <summary>Returns the parsed file with the findings that matter to the request.</summary>
    /// <remarks>
    /// Arguments in a project's file act as defaults. Arguments on a command line don't, because they can be missing the next time.
    /// </remarks>
    public ParsedDockerfile Judged(ParsedDockerfile parsed, BuildRequest request) =>
        Name is null ? parsed : ReplacedDefaults.Without(parsed, request);

    /// <summary>Returns a sentence for each setting of the request that the Dockerfile does not use.</summary>
    /// <remarks>None for a project's file, which may give several images the same settings.</remarks>
    public IEnumerable<string> Unused(DockerfileTree tree, BuildRequest request, IEnumerable<BaseImage> bases) =>
        Name is null ? UnusedSettings.Of(tree, request, bases) : [];
}
