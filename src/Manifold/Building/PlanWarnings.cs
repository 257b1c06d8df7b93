using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Planning.Checks;
using Manifold.Projects;

namespace Manifold.Building;

/// <summary>Warns of what is doubtful about the Dockerfiles of a plan, once for all platforms of an image.</summary>
internal sealed class PlanWarnings(BuilderTools tools, Action<BuildEvent> on)
{
    private readonly HashSet<(string Component, Diagnostic)> told = [];
    private readonly HashSet<string> unusedSettings = new(StringComparer.Ordinal);

    /// <summary>Returns the ids of the findings that people have read.</summary>
    /// <exception cref="DockerfileException">The file wants its findings to be errors.</exception>
    public ImmutableHashSet<string> Tell(
        Component component, PlatformBuild build, IReadOnlyDictionary<(ImageReference, Platform), BaseImage> bases)
    {
        var (origin, request) = (component.Origin, build.Request);
        var parsed = origin.Judged(BuildFiles.ReadDockerfile(request, build.Files), request);
        foreach (var unused in origin.Unused(parsed.Tree, request, bases.Values).Where(unusedSettings.Add))
            tools.Warn(on, unused);
        var findings = PlanChecks.Heeded(parsed, request, bases);
        foreach (var finding in findings.Where(finding => told.Add((component.Name, finding))))
            on(new Warned(finding.OneLine)
            {
                Time = tools.Time.GetUtcNow(),
                Component = origin.Name,
                Finding = finding,
            });
        return [.. findings.Select(finding => finding.Id)];
    }
}
