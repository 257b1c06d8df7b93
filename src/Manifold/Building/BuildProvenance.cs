using System.Text;
using Manifold.Building.Recording;
using Manifold.Fetching;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Publishing.Referrers;

namespace Manifold.Building;

/// <summary>The provenance of the images of one build.</summary>
/// <param name="tool">The program and its version.</param>
internal sealed class BuildProvenance(BuildRequest request, string tool, TimeProvider time)
{
    public async Task<Func<ImageReference, Platform, Descriptor, Provenance>> OfAsync(
        BuildResult result, DateTimeOffset begin, CancellationToken cancellation)
    {
        // In a .git of an archive somebody else says which programs git runs.
        var commit = request.ContextAddress is { } address && !GitAddress.TryParse(address, asContext: true, out _) ? null
            : await GitCommit.FindAsync(request.ContextFolder, cancellation).ConfigureAwait(false);
        var dockerfile = Dockerfile();
        var invocation = new Invocation($"urn:uuid:{Guid.NewGuid()}", begin, time.GetUtcNow(), tool.Split(' ')[^1]);
        return (name, platform, manifest) => new Provenance
        {
            Subject = manifest,
            Name = name,
            Platform = platform,
            Request = request,
            Plan = result.Plan,
            Dockerfile = dockerfile,
            Commit = commit,
            Invocation = invocation,
        };
    }

    private (string Path, Digest Digest) Dockerfile()
    {
        if (request.InlineDockerfile is { } text)
            return (Path.GetFileName(request.DockerfilePath ?? "Dockerfile"), Digest.Of(Encoding.UTF8.GetBytes(text)));
        var (path, content) = BuildFiles.Dockerfile(request);
        return (Named(path), Digest.Of(content));
    }

    // Where it is in the context; of a file elsewhere only the name: paths of this machine are nobody's business.
    private string Named(string path) =>
        Path.GetRelativePath(request.ContextFolder, path) is var relative && relative.StartsWith("..", StringComparison.Ordinal)
            ? Path.GetFileName(path)
            : relative;
}
