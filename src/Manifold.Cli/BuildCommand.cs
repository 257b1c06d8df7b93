using System.Collections.Immutable;
using System.CommandLine;
using Manifold.Fetching;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Projects.Reading;
using Manifold.Publishing;
using Manifold.Verification;

namespace Manifold.Cli;

/// <summary><c>manifold build</c>: one Dockerfile, any number of platforms, one index. Flags are buildx's.</summary>
public static class BuildCommand
{
    public static Command Create(CliContext context)
    {
        var options = new BuildOptions();
        var command = new Command("build", "Build an image for one or more platforms from a Dockerfile.");
        options.AddTo(command, context);
        command.SetAction((parsed, cancellation) => new BuildRun(context, options.Read(parsed, context)).RunAsync(cancellation));
        return command;
    }
}

/// <summary>The flags of <c>manifold build</c>, and how they become a request.</summary>
internal sealed class BuildOptions
{
    private ContextFlags contexts = null!;
    private readonly Option<string[]> tags = Many("--tag", "A name for the image, such as quay.io/acme/app:1.4. Repeatable.", "REF", "-t");
    private readonly Option<string[]> platforms = Many("--platform", "The platforms to build, such as linux/amd64,linux/arm64. Default: "
        + "$DOCKER_DEFAULT_PLATFORM, or the platform of this machine.", "PLATFORMS");
    private readonly Option<string[]> buildArguments = Many("--build-arg",
        "Set an ARG. Without =VALUE, the value comes from the environment. Repeatable.", "KEY=VALUE");
    private readonly Option<string?> target = new("--target")
    {
        Description = "The stage to build. Default: the last one.",
        HelpName = "STAGE",
    };
    private readonly Option<string[]> labels = Many("--label", "Add a label to the image. Repeatable.", "KEY=VALUE");
    private readonly Option<string[]> annotations = Many("--annotation", "Add an annotation to the manifests. To annotate something else, "
        + "prefix KEY=VALUE with index: or manifest[linux/arm64]:. Repeatable.", "KEY=VALUE");
    private readonly Option<bool> noCache = new("--no-cache") { Description = "Run every step again, without the cache." };
    private readonly Option<string[]> noCacheFilter = Many(
        "--no-cache-filter", "Run the steps of these stages again, without the cache. Repeatable.", "STAGES");
    private readonly Option<bool> pull = new("--pull") { Description = "Always check the registry for newer base images." };
    private readonly Option<bool> push = new("--push")
    {
        Description = "Push the image to its registry, under all its tags. The tags are written last.",
    };
    private RunFlags runs = null!;
    private ImageFlags image = null!;
    private PublishingFlags publishing = null!;
    private OutputFlags output = null!;
    private CacheFlags caching = null!;
    private AttachmentFlags attaching = null!;
    private CheckFlags checking = null!;
    private NodeFlags nodes = null!;
    private readonly Option<string> progress = new("--progress")
    {
        Description = "How to show progress: auto, tty, plain, json or quiet.",
        DefaultValueFactory = _ => "auto",
        HelpName = "MODE",
    };
    private readonly Option<string?> shard = new("--shard")
    {
        Description = "With --push: push without tags, and write the digests to "
            + "FILE. Then run 'manifold merge' to join the files from several machines and write the tags.",
        HelpName = "FILE",
    };
    private readonly Option<bool> quiet = new("--quiet", "-q") { Description = "Print only the digest of the image." };
    private readonly Option<string?> metadataFile = new("--metadata-file")
    {
        Description = "Write the digests and names of the image to FILE, as JSON.",
        HelpName = "FILE",
    };
    private readonly Option<string?> report = new("--report")
    {
        Description = "Write report.html, report.md and record.json to FOLDER. You can also run 'manifold report' later.",
        HelpName = "FOLDER",
    };
    private readonly Option<string?> iidFile = new("--iidfile")
    {
        Description = "Write the digest of the image to FILE.",
        HelpName = "FILE",
    };
    private readonly Option<string?> print = new("--print")
    {
        Description = "Print JSON without building: tree prints the parsed Dockerfile, plan prints the build plan.",
        HelpName = "WHAT",
    };
    private readonly Option<string> verify = new("--verify")
    {
        Description = "Check that programs in the image match its platform: on "
            + "fails the build if the image cannot start, strict also fails on warnings, warn only reports, off skips the check.",
        DefaultValueFactory = _ => "on",
        HelpName = "MODE",
    };
    private readonly Option<string[]> verifyAllow = Many("--verify-allow",
        "Allow these files to be for another architecture, such as 'opt/agents/**'. Repeatable.", "PATTERN");

    private RegistryAccess? registries;

    /// <param name="contextMayMiss">True where a project file may stand for it.</param>
    public void AddTo(Command command, CliContext context, bool contextMayMiss = false)
    {
        contexts = ContextFlags.AddTo(command, contextMayMiss);
        progress.AcceptProgress();
        print.AcceptOneOf("tree", "plan");
        verify.AcceptOneOf("on", "strict", "warn", "off");
        Option[] all =
        [
            tags, platforms, buildArguments, target, labels, annotations, noCache, noCacheFilter, pull, push, shard,
            progress, quiet, metadataFile, iidFile, report, print, verify, verifyAllow,
        ];
        foreach (var option in all)
            command.Add(option);
        nodes = NodeFlags.AddTo(command, context);
        runs = RunFlags.AddTo(command);
        image = ImageFlags.AddTo(command);
        output = OutputFlags.AddTo(command);
        caching = CacheFlags.AddTo(command);
        publishing = PublishingFlags.AddTo(command);
        registries = RegistryAccess.AddTo(command);
        attaching = AttachmentFlags.AddTo(command, builds: true);
        checking = CheckFlags.AddTo(command);
    }

    /// <summary>
    /// The project that is meant where the arguments name one instead of a context: a file of a project, or a folder
    /// with such a file and without a Dockerfile. Without arguments it is the working folder's, where it has one.
    /// </summary>
    public BakeCommandLine? ReadProject(ParseResult parsed)
    {
        var (path, folder) = (contexts.File(parsed), contexts.Context(parsed));
        var isFile = path is not null
            && (Directory.Exists(path) || Path.GetExtension(path) is ".yaml" or ".yml" or ".json" or ".hcl");
        var isFolder = path is null && (folder is null
            ? ProjectReader.IsProject(".")
            : folder != "-" && !ContextFetcher.IsRemote(folder) && Directory.Exists(folder) && !BuildFiles.HasDockerfile(folder));
        if (!isFile && !isFolder)
            return null;
        return BakeCommandLine.ForPlan(isFile ? path! : folder ?? ".", isFile && folder is not null ? [folder] : []) with
        {
            Push = parsed.GetValue(push),
            Publication = publishing.Read(parsed, []),
            WithoutIndex = image.WithoutIndex(parsed),
            Created = image.Created(parsed),
            NoCache = parsed.GetValue(noCache),
            Pull = parsed.GetValue(pull),
            Allowed = runs.Allowed(parsed),
            Registries = registries!.Read(parsed),
            On = nodes.Read(parsed),
        };
    }

    public BuildCommandLine Read(ParseResult parsed, CliContext context)
    {
        try
        {
            foreach (var file in new[] { shard, metadataFile, iidFile }.Select(parsed.GetValue))
                OutputFolder.Require(file);
            var outputs = output.Read(parsed);
            if (outputs.TakesStandardOutput && context.OutIsTerminal)
                throw new UsageException("--output: cannot write an image to a terminal. Name a file with dest=FILE, or write to a pipe.");
            var tagged = ReadRequest(parsed, context);
            var request = outputs.Applied(tagged, parsed.GetValue(push));
            if (request.WithoutIndex)
                RequireNoIndex(parsed, request, outputs);
            if (BuildKitArguments.SplitsPlatforms(request))
                outputs = outputs.WithFolders();
            return new BuildCommandLine
            {
                Request = request,
                Created = image.Created(parsed),
                Push = ReadPush(parsed, outputs, tagged.Tags),
                Shard = parsed.GetValue(shard),
                Attachments = ReadAttachments(parsed, outputs),
                Progress = parsed.GetValue(quiet) ? "quiet"
                    : checking.WantsJson(parsed) ? "json"
                    : ProgressModes.Read(parsed.GetValue(progress)!),
                MetadataFile = parsed.GetValue(metadataFile),
                IidFile = parsed.GetValue(iidFile),
                Report = parsed.GetValue(report),
                Outputs = outputs,
                Print = parsed.GetValue(print),
                Check = checking.Read(parsed),
                Verification = VerifyCommand.Policy(parsed.GetValue(verify)!, parsed.GetValue(verifyAllow)),
                Registries = registries!.Read(parsed),
                Nodes = NodeFlags.Choose(context, nodes.Read(parsed), ConfiguredNodes.None),
            };
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private void RequireNoIndex(ParseResult parsed, BuildRequest request, OutputChoice outputs)
    {
        WithoutAnIndex.Require("--index=never", request.Platforms,
            request.Annotations.Concat(outputs.All.SelectMany(each => each.Annotations)));
        if (parsed.GetValue(shard) is not null)
            throw new UsageException("--index=never and --shard cannot be used together: a shard is part of an index. Push the image "
                + "without --shard, or leave out --index=never.");
    }

    private PublicationRequest? ReadPush(ParseResult parsed, OutputChoice outputs, ImmutableArray<ImageReference> tags)
    {
        var names = outputs.PushTargets(tags, parsed.GetValue(push));
        var request =
            publishing.Read(parsed, names) with { WithoutTags = parsed.GetValue(shard) is not null, ByDigest = outputs.PushesByDigest };
        if (parsed.GetValue(push) || outputs.Pushed.Any())
            return names.IsEmpty ? throw new UsageException("--push needs a name for the image. Add -t registry/repository:tag.") : request;
        if (parsed.GetValue(shard) is not null)
            throw new UsageException("--shard needs --push: a shard refers to images in a registry. Add --push.");
        if (request.CheckAll)
            throw new UsageException("--check-all needs --push. Add --push, or use 'manifold push --check-all' later.");
        if (request is not { PlatformTags: false, Force: false, AllowPlatformRemoval: false })
            throw new UsageException("--platform-tags, --force and --allow-platform-removal need --push. Add --push, or use them with "
                + "'manifold push' later.");
        return null;
    }

    private Attachments ReadAttachments(ParseResult parsed, OutputChoice outputs)
    {
        var attachments = attaching.Read(parsed);
        if (attachments.Any && !parsed.GetValue(push) && !outputs.Pushed.Any())
            attachments.RequirePlace(outputs.All);
        if (attachments.KeyFile is not null && parsed.GetValue(shard) is not null)
            throw new UsageException("--sign and --shard cannot be used together: a shard is only part of an image. Sign the merged "
                + "image: manifold sign --key FILE IMAGE");
        return attachments;
    }

    private BuildRequest ReadRequest(ParseResult parsed, CliContext context)
    {
        var arguments = Pairs(parsed.GetValue(buildArguments) ?? [], context);
        var epoch = arguments.GetValueOrDefault(BuildKitArguments.Epoch) ?? context.Variable(BuildKitArguments.Epoch);
        return BuildKitArguments.Applied(contexts.Read(parsed, ReadPlatforms(parsed.GetValue(platforms) ?? [], context)) with
        {
            Target = parsed.GetValue(target) is { Length: > 0 } stage ? stage : null,
            // A time that is found out later is an argument like others, also where a variable says it.
            BuildArguments = epoch is { Length: > 0 } && BuildKitArguments.ReadEpoch(epoch, mayBeName: true) is null
                ? arguments.SetItem(BuildKitArguments.Epoch, epoch) : arguments,
            Labels = Pairs(parsed.GetValue(labels) ?? [], null),
            Annotations = [.. (parsed.GetValue(annotations) ?? []).SelectMany(text => Annotation.Parse(text))],
            Tags = [.. (parsed.GetValue(tags) ?? []).Select(ImageReference.Parse).Distinct()],
            Run = runs.Read(parsed, context),
            Cache = caching.Read(parsed),
            NoCache = parsed.GetValue(noCache),
            NoCacheFilter =
            [
                .. (parsed.GetValue(noCacheFilter) ?? [])
                    .SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)),
            ],
            Pull = parsed.GetValue(pull),
            SourceDateEpoch = BuildKitArguments.ReadEpoch(epoch, mayBeName: true),
            WithoutIndex = image.WithoutIndex(parsed),
        });
    }

    /// <summary><c>SOURCE_DATE_EPOCH</c> of the environment, for all images of a project; null where it is not set.</summary>
    public static long? EpochOf(CliContext context)
    {
        if (context.Variable(BuildKitArguments.Epoch) == BuildKitArguments.OfContext)
            throw new UsageException($"{BuildKitArguments.Epoch}={BuildKitArguments.OfContext}: not available for a project, because each "
                + $"image has its own context. Set it for each image: args: {{{BuildKitArguments.Epoch}: {BuildKitArguments.OfContext}}}");
        return BuildKitArguments.ReadEpoch(context.Variable(BuildKitArguments.Epoch));
    }

    private static ImmutableArray<Platform> ReadPlatforms(string[] texts, CliContext context)
    {
        if (texts.Length == 0 && context.Variable("DOCKER_DEFAULT_PLATFORM") is { } fallback)
            texts = [fallback];
        var platforms = texts.SelectMany(text => text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            .Select(text => text == "local" ? Platform.Host : Platform.Parse(text)).Distinct().ToImmutableArray();
        return platforms.IsEmpty ? [Platform.Host] : platforms;
    }

    /// <summary>Reads <c>K=V</c>; a bare <c>K</c> takes the environment's value, and is left out where it has none.</summary>
    private static ImmutableSortedDictionary<string, string> Pairs(string[] texts, CliContext? environment)
    {
        var pairs = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var text in texts)
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
                pairs[text[..equals]] = text[(equals + 1)..];
            else if (equals < 0 && environment is null)
                pairs[text] = "";
            else if (equals < 0 && environment!.Environment.TryGetValue(text, out var value))
                pairs[text] = value;
        }
        return pairs.ToImmutable();
    }

    private static Option<string[]> Many(string name, string description, string helpName, params string[] aliases) =>
        new(name, aliases)
        {
            Description = description,
            HelpName = helpName,
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
}

/// <summary>A <c>manifold build</c> command line, read.</summary>
internal sealed record BuildCommandLine
{
    public required BuildRequest Request { get; init; }
    public required Attachments Attachments { get; init; }

    /// <summary>The creation time of the image; null if none is given.</summary>
    public required CreatedTime? Created { get; init; }

    /// <summary>What <c>--push</c> asks for; null without it.</summary>
    public required PublicationRequest? Push { get; init; }

    /// <summary>Where a shard is written; null where the tags are written instead.</summary>
    public required string? Shard { get; init; }

    public required string Progress { get; init; }
    public required string? MetadataFile { get; init; }
    public required string? IidFile { get; init; }

    /// <summary>The folder for the report; null where none is asked for.</summary>
    public required string? Report { get; init; }

    public required OutputChoice Outputs { get; init; }
    public required string? Print { get; init; }

    /// <summary>Only say what is wrong or doubtful.</summary>
    public required bool Check { get; init; }
    public required VerificationPolicy Verification { get; init; }
    public required RegistryChoice Registries { get; init; }
    public required NodeChoice Nodes { get; init; }
}
