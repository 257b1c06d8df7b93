using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Planning.Checks;
using Manifold.Projects;

namespace Manifold.Building;

/// <summary>Reports the findings of the build checks for a plan, each once per image.</summary>
internal sealed class PlanWarnings(BuilderTools tools, Action<BuildEvent> on)
{
    private readonly HashSet<(string Component, Diagnostic)> told = [];
    private readonly HashSet<string> unusedSettings = new(StringComparer.Ordinal);

    /// <summary>Returns the ids of all findings, reported now or before.</summary>
    /// <exception cref="DockerfileException">The Dockerfile treats findings as errors.</exception>
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
