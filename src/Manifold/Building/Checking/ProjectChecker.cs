using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Events;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Planning.Advising;
using Manifold.Projects;
using Manifold.Projects.Yaml;
using Manifold.Solving;

namespace Manifold.Building.Checking;

/// <summary>What the build checks say of a component.</summary>
/// <param name="Files">Its Dockerfiles; none where every platform is taken as it is.</param>
/// <param name="Report">Without what was told of a component before it: a file is judged once.</param>
/// <param name="ToldBefore">How many findings that are.</param>
internal sealed record ComponentChecks(string Component, ImmutableArray<string> Files, CheckReport Report, int ToldBefore);

/// <summary>What the build checks say of a project.</summary>
internal sealed record ProjectChecks(ImmutableArray<ComponentChecks> Components)
{
    /// <summary>Why others that are asked for are not among the components.</summary>
    public ImmutableArray<ManifoldException> Problems { get; init; } = [];

    /// <summary>The builds to advise on.</summary>
    public ImmutableArray<AdvisedBuild> Builds { get; init; } = [];

    public int Errors => Components.Sum(component => component.Report.Errors);

    public int Warnings => Components.Sum(component => component.Report.Warnings);
}

/// <summary>Says what is wrong or doubtful about the Dockerfiles of a project, and builds nothing: <c>manifold bake --check</c>.</summary>
/// <remarks>
/// Every component that is asked for is looked at, also where the file of another is wrong. Builds that are equal are looked at once.
/// </remarks>
internal sealed class ProjectChecker(BuilderTools tools, Project project, GraphOptions options)
{
    private readonly SiblingNames names = new(project);
    private readonly Dictionary<Digest, Task<CheckReport>> judged = [];

    /// <summary>What bases are held to; null where nothing is.</summary>
    public BasePins? Pins { get; init; }

    /// <exception cref="UsageException">A name is neither an image nor a group.</exception>
    public async Task<ProjectChecks> CheckAsync(Action<BuildEvent> on, CancellationToken cancellation)
    {
        var requests = new ComponentRequests(project, options, names);
        var problems = new List<ManifoldException>();
        var reports = new List<(Component Component, ImmutableArray<string> Files, List<CheckReport> Reports)>();
        if (project.BrokenAmong(options.Names) is { IsEmpty: false } broken)
            problems.Add(new ProjectFileException([.. broken.SelectMany(name => project.Broken[name].Faults).Distinct()]));
        foreach (var component in project.SelectWhole(options.Names))
        {
            var before = problems.Count;
            var found = new List<CheckReport>();
            var files = new List<string>();
            foreach (var group in component.Platforms.Where(platform => platform.Source is BuildSource)
                .GroupBy(platform => ComponentRequests.GroupOf((BuildSource)platform.Source)))
            {
                try
                {
                    var request = requests.Of(component, group.First().Platform, (BuildSource)group.First().Source) with
                    {
                        Platforms = [.. group.Select(platform => platform.Platform)],
                    };
                    files.Add(request.DockerfilePath!);
                    found.Add(await JudgeAsync(component, group.Key, request, on, cancellation).ConfigureAwait(false));
                }
                catch (ManifoldException e)
                {
                    problems.Add(new UsageException($"{component.Name}: {e.Message}"));
                }
            }
            if (problems.Count == before)
                reports.Add((component, [.. files.Distinct()], found));
        }
        var told = new HashSet<Diagnostic>();
        return new ProjectChecks([.. reports.Select(each => WithoutTold(each.Component, each.Files, each.Reports, told))])
        {
            Problems = [.. problems],
            Builds = [.. reports.SelectMany(each => each.Reports.Select(report => report.Advised(each.Component.Name)))],
        };
    }

    private Task<CheckReport> JudgeAsync(
        Component component, Digest group, BuildRequest request, Action<BuildEvent> on, CancellationToken cancellation)
    {
        using var builder = new KeyBuilder();
        var key = builder.Add(group).AddAll(request.Platforms.Select(platform => platform.ToString())).ToDigest();
        if (!judged.TryGetValue(key, out var report))
        {
            var checker = new BuildChecker(tools)
            {
                Pins = Pins,
                ArgumentsAreOfProject = true,
                Made = reference => Made(reference, component.Name),
            };
            judged[key] = report = checker.CheckAsync(request, on, cancellation);
        }
        return report;
    }

    private List<Platform>? Made(ImageReference reference, string component) =>
        names.Find(reference, component) is { } sibling
            ? [.. project.Find(sibling)!.Platforms.Select(platform => platform.Platform)]
            : null;

    private static ComponentChecks WithoutTold(
        Component component, ImmutableArray<string> files, List<CheckReport> reports, HashSet<Diagnostic> told)
    {
        var all = reports.SelectMany(report => report.Findings).Distinct().ToList();
        ImmutableArray<Diagnostic> findings =
            [.. all.Where(told.Add).OrderBy(finding => finding.Place.File, StringComparer.Ordinal).ThenBy(finding => finding.Place.Line)
                .ThenBy(finding => finding.Place.Column)];
        return new ComponentChecks(component.Name,
            files, new CheckReport(findings, [.. reports.SelectMany(report => report.NotKnown).Distinct()]), all.Count - findings.Length);
    }
}
