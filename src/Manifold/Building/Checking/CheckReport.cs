using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Planning;
using Manifold.Planning.Advising;

namespace Manifold.Building.Checking;

/// <summary>The findings of the build checks about one Dockerfile.</summary>
/// <param name="Findings">In the order of lines.</param>
/// <param name="NotKnown">The facts that could not be looked up. Checks that need them are skipped.</param>
internal sealed record CheckReport(ImmutableArray<Diagnostic> Findings, ImmutableArray<string> NotKnown)
{
    public int Errors => Findings.Count(each => each.Severity == Severity.Error);

    public int Warnings => Findings.Length - Errors;

    /// <summary>The images that the stages are built on, as far as they were found.</summary>
    public ImmutableArray<BaseImage> Bases { get; init; } = [];

    /// <summary>Null if the build cannot be planned.</summary>
    public BuildPlan? Plan { get; init; }

    public AdvisedBuild Advised(string component) => new(component, Plan, Bases);
}

/// <summary>The findings of the build checks about a component.</summary>
/// <param name="Component">Null for the only image of a command line, which has no name.</param>
/// <param name="Files">Its Dockerfiles as the project names them; none if every platform is taken as it is.</param>
/// <param name="Report">The findings that no component before it has: a file is judged once.</param>
/// <param name="ToldBefore">The number of findings that a component before it has.</param>
internal sealed record ComponentChecks(string? Component, ImmutableArray<string> Files, CheckReport Report, int ToldBefore);

/// <summary>The findings of the build checks about a project.</summary>
internal sealed record ProjectChecks(ImmutableArray<ComponentChecks> Components)
{
    /// <summary>The problems of requested components that could not be checked.</summary>
    public ImmutableArray<ManifoldException> Problems { get; init; } = [];

    /// <summary>The builds to advise on.</summary>
    public ImmutableArray<AdvisedBuild> Builds { get; init; } = [];

    public int Errors => Components.Sum(component => component.Report.Errors);

    public int Warnings => Components.Sum(component => component.Report.Warnings);
}
