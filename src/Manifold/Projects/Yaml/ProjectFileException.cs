using System.Collections.Immutable;
using Manifold.Dockerfile;

namespace Manifold.Projects.Yaml;

/// <summary>A project file cannot be used as it is; holds every fault, in the order of the file.</summary>
internal sealed class ProjectFileException(ImmutableArray<Diagnostic> diagnostics)
    : ManifoldException(string.Join('\n', diagnostics.Where(each => each.Severity == Severity.Error).Select(each => each.Render())))
{
    public ImmutableArray<Diagnostic> Diagnostics => diagnostics;

    public override int ExitCode => 2;
}
