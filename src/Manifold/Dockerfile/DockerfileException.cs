using System.Collections.Immutable;

namespace Manifold.Dockerfile;

/// <summary>A Dockerfile cannot be used as it is; holds all findings, in the order of the file.</summary>
internal sealed class DockerfileException(ImmutableArray<Diagnostic> diagnostics)
    : ManifoldException(string.Join('\n', diagnostics.Where(each => each.Severity == Severity.Error).Select(each => each.Render())))
{
    public ImmutableArray<Diagnostic> Diagnostics => diagnostics;

    public override int ExitCode => 2;
}
