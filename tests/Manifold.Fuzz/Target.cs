using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Parsing;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Planning.Checks;

namespace Manifold.Fuzz;

/// <summary>All that is done with a Dockerfile's text before anything is started: parse, show, check, plan.</summary>
public static class Target
{
    private static readonly Descriptor Nothing = new() { MediaType = MediaType.Manifest, Digest = Digest.Of("a manifest"), Size = 10 };
    private static readonly IgnoreRules Ignored = IgnoreRules.Parse(".dockerignore", "dist\n*.log\n!keep.log\n**/a\n");

    /// <summary>
    /// Reads a file as the program would. Whatever its bytes are, this ends soon, and throws only what is wrong with the target itself.
    /// </summary>
    /// <exception cref="InvalidOperationException">A promise is not kept.</exception>
    public static void Read(ReadOnlySpan<byte> bytes)
    {
        var parsed = DockerfileParser.Parse("Dockerfile", bytes);
        Promise(parsed.HasErrors || !parsed.Tree.Stages.IsEmpty, "a file without stages is an error");
        Promise(DockerfileJson.Write(parsed.Tree).Length > 0, "a tree is printed");
        var request = new BuildRequest { ContextFolder = "/", Platforms = [Platform.Parse("linux/amd64"), Platform.Parse("linux/arm/v7")] };
        var facts = new CheckFacts
        {
            Ignored = Ignored,
            Context = new ContextFacts([new MachineFile("dist/app", "amd64", _ => false)],
                ["node_modules"]),
        };
        Shown(parsed.Diagnostics);
        if (parsed.Diagnostics.Any(each => each.Id == Diagnostic.Syntax && each.Severity == Severity.Error))
            return;
        Shown(PlanChecks.Run(parsed.Tree, request, facts, allStages: true));
        Plan(parsed.Tree, request);
    }

    private static void Plan(DockerfileTree tree, BuildRequest request)
    {
        try
        {
            var planner = new Planner(tree, request);
            var bases = planner.Needs.ToDictionary(need => (need.Reference, need.Platform), BaseOf);
            Shown(PlanChecks.Run(tree, request, new CheckFacts { Bases = bases }, allStages: false));
            Promise(PlanJson.Write(planner.Plan(bases)).Length > 0, "a plan is printed");
        }
        catch (DockerfileException e)
        {
            Promise(!e.Diagnostics.IsEmpty, "a refusal says why");
            Shown(e.Diagnostics);
        }
    }

    private static void Shown(ImmutableArray<Diagnostic> findings)
    {
        foreach (var finding in findings)
            Promise(finding.Place.Line > 0 && finding.Place.Column > 0 && finding.Render().Split('\n').Length >= 1,
                "a finding has a place");
    }

    private static BaseImage BaseOf(BaseNeed need) =>
        new(need.Reference, need.Platform, Nothing, new Manifest { Config = Nothing, Layers = [] },
            new ImageConfig
            {
                Os =
                    need.Platform.Os,
                Architecture = need.Platform.Architecture,
                Config = new ContainerConfig { Env = ["PATH=/bin"] },
            });

    private static void Promise(bool kept, string what)
    {
        if (!kept)
            throw new InvalidOperationException($"Not so: {what}.");
    }
}
