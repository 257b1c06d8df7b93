using System.Collections.Concurrent;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Parsing;
using Manifold.Oci;

namespace Manifold.Planning;

/// <summary>Dockerfiles that were parsed: all platforms of an image are built by one text, which is read for each of them.</summary>
/// <remarks>Keyed by name, content and checks, so a file that has changed is parsed again. Thread-safe.</remarks>
internal sealed class ParsedFiles
{
    private readonly ConcurrentDictionary<(string Name, Digest Content, string? Checks), ParsedDockerfile> parsed = new();

    internal ParsedDockerfile Parse(string name, byte[] content, (string? Text, CheckOptions? Options) checks) =>
        parsed.GetOrAdd((name, Digest.Of(content), checks.Text), _ => DockerfileParser.Parse(name, content, checks.Options));
}
