using System.Collections.Immutable;
using System.Globalization;
using Manifold.Dockerfile;
using Manifold.Oci;

namespace Manifold.Planning;

/// <summary>What a stage stands on.</summary>
internal abstract record StageGround
{
    internal sealed record Scratch : StageGround;
    internal sealed record Earlier(Stage Stage) : StageGround;
    internal sealed record Image(ImageReference Reference, Platform Platform) : StageGround;

    /// <summary>A folder of this machine under a name.</summary>
    internal sealed record Folder(string Name, string Path) : StageGround;
}

/// <summary>The stages of one Dockerfile as one target platform sees them: which stand on which, and which the target needs.</summary>
/// <remarks>FROM lines expand with the global scope alone, so none of this needs a base image.</remarks>
internal sealed class StageGraph
{
    private readonly DockerfileTree tree;
    private readonly BuildRequest request;
    private readonly Diagnosing diagnosing;

    public StageGraph(DockerfileTree tree, BuildRequest request, Platform platform, Diagnosing diagnosing)
    {
        (this.tree, this.request, Platform, this.diagnosing) = (tree, request, platform, diagnosing);
        Target = FindTarget();
        PlatformScope = PlatformArguments.For(platform, request.BuildPlatform, request.Target ?? Target.Name ?? "default");
        GlobalScope = DeclareGlobals();
    }

    public DockerfileTree Tree => tree;
    public Diagnosing Diagnosing => diagnosing;
    public Platform Platform { get; }
    public Stage Target { get; }

    /// <summary>The automatic arguments alone.</summary>
    public ImmutableSortedDictionary<string, string> PlatformScope { get; }

    /// <summary>The values of the arguments before the first FROM.</summary>
    public ImmutableSortedDictionary<string, string> GlobalScope { get; }

    /// <summary>The ONBUILD triggers of the images that stages stand on, as far as the images are known.</summary>
    public ImageTriggers Triggers { get; init; } = new();

    /// <summary>What is done in a stage: the triggers of what it stands on, then its own instructions.</summary>
    /// <remarks>Source: Dockerfile reference, "ONBUILD". Triggers are not handed on to grandchildren.</remarks>
    public ImmutableArray<Instruction> InstructionsOf(Stage stage) => GroundOf(stage) switch
    {
        StageGround.Earlier earlier =>
            [.. earlier.Stage.Instructions.OfType<OnbuildInstruction>().Select(onbuild => onbuild.Trigger), .. stage.Instructions],
        StageGround.Image image => [.. Triggers.Of(image, stage.From, diagnosing), .. stage.Instructions],
        _ => stage.Instructions,
    };

    /// <summary>The platform that a stage's file system belongs to.</summary>
    public Platform PlatformOf(Stage stage)
    {
        var from = stage.From;
        if (from.Platform is { } word)
        {
            var text = diagnosing.Expand(word, Global, from);
            if (Platform.TryParse(text, out var platform))
                return platform;
            diagnosing.Add(from, $"--platform={word} is '{text}', which is not a platform.",
                "Expected os/architecture, for example linux/arm64, or $BUILDPLATFORM.", "--platform");
            return Platform;
        }
        return GroundOf(stage) is StageGround.Earlier earlier ? PlatformOf(earlier.Stage) : Platform;
    }

    public StageGround GroundOf(Stage stage)
    {
        var name = diagnosing.Expand(stage.From.Image, Global, stage.From);
        var platform = stage.From.Platform is null ? Platform : PlatformOf(stage);
        if (GroundInContext(name, platform) is { } context)
            return context;
        if (tree.FindByName(name, stage.Index) is { } earlier)
            return new StageGround.Earlier(earlier);
        if (name == "scratch")
            return new StageGround.Scratch();
        if (ImageReference.TryParse(name, out var reference))
            return new StageGround.Image(reference, platform);
        diagnosing.Add(stage.From, name.Length == 0 ? $"the base name '{stage.From.Image}' is empty after expansion."
            : $"'{name}' is not a stage or an image reference.",
            stage.From.Image.Contains('$', StringComparison.Ordinal)
                ? "Declare the ARG before the first FROM, and give it a default or set it with --build-arg."
                : StageLike(name, stage.Index) ?? "Expected [registry/]repository[:tag][@digest], in lower case.", stage.From.Image);
        return new StageGround.Scratch();
    }

    /// <summary>What <c>--from</c> names: a stage by name or number, else an image. Null is the context, or was noted as wrong.</summary>
    /// <remarks>
    /// An image is the target's, whatever the platform of the stage that asks. A stage that stands below, or is the asking one, is an
    /// error.
    /// Source: BuildKit's behavior.
    /// </remarks>
    public StageGround? SourceOf(Stage stage, Instruction asking, string? name)
    {
        if (name is null)
            return null;
        if (GroundInContext(name, Platform) is { } context)
            return context;
        if (tree.Find(name) is { } source)
            return source.Index < stage.Index ? new StageGround.Earlier(source) : NotYet(stage, asking, source, name);
        if (name == "scratch" && asking is RunInstruction)
            return new StageGround.Scratch();
        if (int.TryParse(name, out _))
            diagnosing.Add(
                asking,
                $"{Flag(asking)}={name}: there is no such stage.",
                $"Stages are numbered from 0. The last one is {tree.Stages.Length - 1}.",
                $"from={name}");
        else if (ImageReference.TryParse(name, out var reference))
            return new StageGround.Image(reference, Platform);
        else
            diagnosing.Add(
                asking,
                $"{Flag(asking)}={name} is not a stage or an image reference.",
                StageLike(name) ?? "Expected a stage's name or number, or [registry/]repository[:tag][@digest].",
                $"from={name}");
        return null;
    }

    private StageGround? NotYet(Stage stage, Instruction asking, Stage source, string name)
    {
        var hint = source.Index == stage.Index
            ? "A stage can copy only from the stages above it."
            : $"Move the stage '{NameOf(source)}' above '{NameOf(stage)}'.";
        diagnosing.Add(asking, $"{Flag(asking)}={name}: the stage must be defined before the stage that uses it.", hint, $"from={name}");
        return null;
    }

    private static string Flag(Instruction asking) => asking is RunInstruction ? "--mount from" : "--from";

    /// <summary>"Did you mean …?" where a name is nearly that of a stage; null else.</summary>
    public string? StageLike(string name, int before = int.MaxValue) =>
        Suggestion.For(name, tree.Stages.Take(before).Select(stage => stage.Name).OfType<string>());

    /// <summary>
    /// Everything that a stage's instructions name to read files from, with the instruction that does:
    /// <c>COPY --from</c>, <c>RUN --mount=from=</c>.
    /// </summary>
    public IEnumerable<(StageGround Source, Instruction Asking)> SourcesOf(Stage stage) =>
        from instruction in InstructionsOf(stage)
        from name in instruction switch
        {
            CopyInstruction copy => [copy.From],
            RunInstruction run => run.Mounts.Select(mount => mount.From),
            _ => (IEnumerable<string?>)[],
        }
        let source = SourceOf(stage, instruction, name)
        where source is not null
        select (source, instruction);

    /// <summary>The target and every stage that it reaches, in the order of the file. Others are not built.</summary>
    public ImmutableArray<Stage> Needed()
    {
        var needed = new HashSet<int>();
        Reach(Target, needed, []);
        return [.. tree.Stages.Where(stage => needed.Contains(stage.Index))];
    }

    private void Reach(Stage stage, HashSet<int> needed, ImmutableStack<int> path)
    {
        if (path.Contains(stage.Index))
        {
            var circle = path.Reverse().SkipWhile(index => index != stage.Index).Append(stage.Index);
            var names = circle.Select(index => NameOf(tree.Stages[index]));
            diagnosing.Add(stage.From, $"stage '{NameOf(stage)}' depends on itself: {string.Join(" → ", names)}.",
                "Remove one of these dependencies.", stage.Name);
        }
        if (!needed.Add(stage.Index))
            return;
        var sources = SourcesOf(stage).Select(each => each.Source).Append(GroundOf(stage));
        foreach (var earlier in sources.OfType<StageGround.Earlier>())
            Reach(earlier.Stage, needed, path.Push(stage.Index));
    }

    /// <summary>
    /// What a name stands for among the named contexts; they win over stages and images, and <c>alpine</c> is <c>alpine:latest</c>.
    /// </summary>
    /// <remarks>Source: docker buildx build, <c>--build-context</c>; BuildKit's behaviour where it is silent.</remarks>
    private StageGround? GroundInContext(string name, Platform platform)
    {
        if (request.Contexts.IsEmpty)
            return null;
        var wanted = ImageReference.TryParse(name, out var reference) ? reference : null;
        return request.Contexts.FirstOrDefault(context =>
            context.Key == name || (wanted is not null && ImageReference.TryParse(context.Key, out var known) && known == wanted)) switch
        {
            { Value: ImageContext { IsScratch: true } } => new StageGround.Scratch(),
            { Value: ImageContext image } => new StageGround.Image(image.Reference, platform),
            { Key: var key, Value: FolderContext folder } => new StageGround.Folder(key, folder.Folder),
            { Value: { } other } => throw new InvalidOperationException($"{other.GetType().Name} was to be resolved before planning."),
            _ => null,
        };
    }

    private static string NameOf(Stage stage) => stage.Name ?? stage.Index.ToString(CultureInfo.InvariantCulture);

    private string? Global(string name) => GlobalScope.GetValueOrDefault(name);

    private Stage FindTarget()
    {
        if (request.Target is not { } name)
            return tree.Stages[^1];
        return tree.Find(name)
            ?? throw new UsageException(
                $"--target {name}: the Dockerfile has no such stage. It has: {string.Join(", ", tree.Stages.Select(NameOf))}.");
    }

    private ImmutableSortedDictionary<string, string> DeclareGlobals()
    {
        var scope = PlatformScope;
        foreach (var (instruction, (name, fallback)) in tree.GlobalArguments.SelectMany(
            each => each.Arguments.Select(argument => (each, argument))))
        {
            var value = request.BuildArguments.GetValueOrDefault(name)
                ?? (fallback is null ? null : diagnosing.Expand(fallback, known => scope.GetValueOrDefault(known), instruction))
                ?? PlatformScope.GetValueOrDefault(name);
            scope = value is null ? scope.Remove(name) : scope.SetItem(name, value);
        }
        return scope;
    }
}
