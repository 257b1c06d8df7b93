using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;

namespace Manifold.Planning;

/// <summary>A stage after its last instruction.</summary>
/// <param name="History">What this stage's instructions, and those of the stages that it stands on, add to the base image's
/// history.</param>
/// <param name="Arguments">What was declared so far; stages that stand on this one inherit it (BuildKit's behaviour).</param>
internal sealed record StagePlan(Step Last, ImageConfig Config, ImmutableArray<PlannedHistory> History, ImmutableArray<KeyValuePair<string,
    string?>> Arguments)
{
    /// <summary>The places where the environment's names and the arguments got their values.</summary>
    public ImmutableDictionary<string, Place> Places { get; init; } = ImmutableDictionary<string, Place>.Empty;
}

/// <summary>The stages of one Dockerfile for one target platform, each planned once, when it is needed.</summary>
internal sealed class StagePlans(
    BuildRequest request, StageGraph graph,
    IReadOnlyDictionary<(ImageReference, Platform), BaseImage> bases, Dictionary<Digest, Step> steps)
{
    // What a root file system without an image has (BuildKit's empty image): commands are found, and work starts at the root.
    internal const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private readonly Dictionary<int, StagePlan> plans = [];

    public DockerfileTree Tree => graph.Tree;
    public BuildRequest Request => request;
    public StageGraph Graph => graph;
    public Diagnosing Diagnosing => graph.Diagnosing;

    public StagePlan PlanOf(Stage stage)
    {
        if (!plans.TryGetValue(stage.Index, out var plan))
            plans[stage.Index] = plan = new StagePlanner(this, stage, GroundPlan(stage)).Plan();
        return plan;
    }

    /// <summary>The step or the folder whose files an instruction reads; neither means the context.</summary>
    public (Step? Step, FolderSource? Folder) SourceOf(Stage stage, Instruction asking, string? name) =>
        graph.SourceOf(stage, asking, name) switch
        {
            StageGround.Earlier earlier => (PlanOf(earlier.Stage).Last, null),
            StageGround.Image image =>
                (Base(image, asking, $"{(asking is RunInstruction ? "RUN --mount=" : "COPY --")}from={image.Reference}"), null),
            StageGround.Folder folder => (null, new FolderSource(folder.Name, folder.Path)),
            StageGround.Scratch => (Base(null, graph.Platform, asking, "scratch"), null),
            _ => (null, null),
        };

    /// <summary>The same step that another platform or stage has planned already, else this one.</summary>
    public Step Shared(Step step)
    {
        if (!steps.TryGetValue(step.Digest, out var known))
            steps[step.Digest] = known = step;
        return known;
    }

    private StagePlan GroundPlan(Stage stage)
    {
        var platform = graph.PlatformOf(stage);
        switch (graph.GroundOf(stage))
        {
            case StageGround.Earlier earlier:
                return PlanOf(earlier.Stage);
            case StageGround.Image image:
                var found = bases[(image.Reference, image.Platform)];
                return new StagePlan(Base(image, stage.From, $"FROM {image.Reference}"),
                    Spelled(found.Config) with { Config = found.Config.Config ?? new ContainerConfig() }, [], []);
            case StageGround.Folder folder:
                return new StagePlan(FilesOf(folder, Base(null, platform, stage.From, "FROM scratch"), stage.From),
                    EmptyConfig(platform), [], []);
            default:
                return new StagePlan(Base(null, platform, stage.From, "FROM scratch"), EmptyConfig(platform), [], []);
        }
    }

    /// <summary>FROM of a named context that is a folder: its files are the file system.</summary>
    private Step FilesOf(StageGround.Folder folder, Step scratch, FromInstruction from)
    {
        using var key = new KeyBuilder();
        key.Add("folder").Add(scratch.Digest).Add(folder.Path);
        return Shared(new CopyStep
        {
            Digest = key.ToDigest(),
            Parent = scratch,
            Platform = scratch.Platform,
            Place = from.Source.Place,
            Name = $"FROM {folder.Name}",
            From = null,
            Folder = new FolderSource(folder.Name, folder.Path),
            Sources = ["."],
            Destination = "/",
        });
    }

    private static ImageConfig EmptyConfig(Platform platform) => new()
    {
        Architecture = platform.Architecture,
        Os = platform.Os,
        Variant = platform.Variant,
        Config = new ContainerConfig { Env = [DefaultPath], WorkingDir = "/" },
    };

    /// <summary>A base that calls its architecture otherwise than everybody does (Fedora's <c>armhfp</c>) does not hand that on.</summary>
    private static ImageConfig Spelled(ImageConfig config) =>
        config.Platform is var platform && platform.Architecture == config.Architecture ? config
            : config with { Os = platform.Os, Architecture = platform.Architecture, Variant = platform.Variant };

    private Step Base(StageGround.Image image, Instruction instruction, string name) =>
        Base(bases[(image.Reference, image.Platform)], image.Platform, instruction, name);

    private Step Base(BaseImage? image, Platform platform, Instruction instruction, string name)
    {
        using var key = new KeyBuilder();
        key.Add("base").Add(platform.ToString()).Add(image?.Descriptor.Digest.ToString());
        return Shared(new BaseStep
        {
            Digest = key.ToDigest(),
            Parent = null,
            Platform = platform,
            Place = instruction.Source.Place,
            Name = name,
            Image = image,
        });
    }
}
