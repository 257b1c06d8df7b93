using System.Text;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Publishing.Referrers;

namespace Manifold.Cli;

/// <summary>What <c>--provenance</c> says of a build of this command.</summary>
internal sealed class BuildProvenance(CliContext context, BuildRequest request)
{
    public async Task<Func<ImageReference, Platform, Descriptor, Provenance>> OfAsync(BuildResult result, DateTimeOffset begin, CancellationToken cancellation)
    {
        var commit = await GitCommit.FindAsync(request.ContextFolder, cancellation);
        var dockerfile = await DockerfileAsync(cancellation);
        var invocation = new Invocation($"urn:uuid:{Guid.NewGuid()}", begin, context.Time.GetUtcNow(), ProgramName.Version.Split(' ')[^1]);
        return (name, platform, manifest) => new Provenance
        {
            Subject = manifest, Name = name, Platform = platform, Request = request, Plan = result.Plan, Dockerfile = dockerfile, Commit = commit, Invocation = invocation,
        };
    }

    private async Task<(string Path, Digest Digest)> DockerfileAsync(CancellationToken cancellation)
    {
        if (request.InlineDockerfile is { } text)
            return (Path.GetFileName(request.DockerfilePath ?? "Dockerfile"), Digest.Of(Encoding.UTF8.GetBytes(text)));
        var path = BuildFiles.PathOf(request);
        return (Named(path), Digest.Of(await File.ReadAllBytesAsync(path, cancellation)));
    }

    // Where it is in the context; of a file elsewhere only the name: paths of this machine are nobody's business.
    private string Named(string path) =>
        Path.GetRelativePath(request.ContextFolder, path) is var relative && relative.StartsWith("..", StringComparison.Ordinal) ? Path.GetFileName(path) : relative;
}
