using System.Collections.Immutable;
using System.CommandLine;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Publishing;

namespace Manifold.Cli;

/// <summary><c>manifold bake</c>: every image of a project, from one file.</summary>
internal static class BakeCommand
{
    public static Command Create(CliContext context)
    {
        var options = new BakeOptions();
        var command = new Command("bake", "Build all or some of the images of a project. The project is a manifold.yaml, a "
            + "docker-bake.hcl or docker-bake.json, a compose.yaml, or a folder of components. Images that they depend on are built, too.");
        options.AddTo(command, context);
        command.SetAction((parsed, cancellation) => new BakeRun(context, options.Read(parsed)).RunAsync(cancellation));
        return command;
    }
}

/// <summary>The flags of <c>manifold bake</c>.</summary>
internal sealed class BakeOptions
{
    private static readonly string[] Formats = ["yaml", "json", "bake"];

    private readonly Argument<string[]> names = new("IMAGE")
    {
        Description = "The images or groups to build. Default: the default group "
            + "of the file, or all images. If the first IMAGE is a folder, it is read as -f FOLDER.",
        Arity = ArgumentArity.ZeroOrMore,
    };
    private readonly Option<string[]> files = new("--file", "-f")
    {
        Description = "The project file, the folder that contains it, or - for standard input. Default: the working folder. "
            + "Repeat to merge several bake or compose files.",
        HelpName = "FILE",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };
    private readonly Option<string[]> set = new("--set")
    {
        Description = "Override a key of an image, such as '*.platform=linux/arm64' or api.args.VERSION=2. "
            + "KEY+=VALUE adds to a list. Repeatable.",
        HelpName = "KEY=VALUE",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };
    private readonly Option<string[]> variables = new("--var")
    {
        Description = "Set a variable of the file. It overrides the environment. Repeatable.",
        HelpName = "NAME=VALUE",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };
    private readonly Option<string?> print = new("--print")
    {
        Description = "Print the resolved project without building. Formats: yaml (default), json and bake.",
        HelpName = "FORMAT",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Option<bool> plan = new("--plan")
    {
        Description = "Show what a build would do and what would stop it, without building.",
    };
    private readonly Option<bool> push = new("--push")
    {
        Description = "Push all images to their registries, under all their tags. All tags are written together, at the end.",
    };
    private readonly Option<bool> load = new("--load")
    {
        Description = "Load every image into docker or podman, for this machine's platform.",
    };
    private readonly Option<bool> noCache = new("--no-cache") { Description = "Run every step again, without the cache." };
    private readonly Option<bool> pull = new("--pull") { Description = "Always check the registry for newer base images." };
    private readonly Option<bool> locked = new("--locked") { Description = "Build only from images and sources that manifold.lock pins." };
    private readonly Option<bool> verifyReproducible = new("--verify-reproducible")
    {
        Description = "Build twice from scratch, and show the differences, their causes and the steps that introduced them. The "
            + "second build runs in a different folder and under different conditions.",
    };
    private readonly Option<int?> jobs = new("--jobs", "-j")
    {
        Description = "The maximum number of RUN steps to run at the same time. "
            + "The default depends on the processors and the memory of this machine.",
        HelpName = "N",
    };
    private readonly Option<bool> keepGoing = new("--keep-going", "-k")
    {
        Description = "If an image fails, still build and publish the other images.",
    };
    private readonly Option<string> progress = new("--progress")
    {
        Description = "How to show progress: auto, tty, plain, json or quiet.",
        DefaultValueFactory = _ => "auto",
        HelpName = "MODE",
    };
    private readonly Option<string?> metadataFile = new("--metadata-file")
    {
        Description = "Write the digests and names of the images to FILE, as JSON, like buildx.",
        HelpName = "FILE",
    };
    private readonly Option<string?> report = new("--report")
    {
        Description = "Write report.html, report.md and record.json to FOLDER. You can also run 'manifold report' later.",
        HelpName = "FOLDER",
    };
    private AttachmentFlags attaching = null!;
    private AllowFlag allow = null!;
    private NodeFlags nodes = null!;
    private ImageFlags image = null!;
    private CheckFlags checking = null!;
    private PublishingFlags publishing = null!;
    private RegistryAccess registries = null!;

    public void AddTo(Command command, CliContext context)
    {
        command.Add(names);
        progress.AcceptProgress();
        Option[] all =
        [
            files, set, variables, push, load, print, plan, noCache, pull, locked, verifyReproducible,
            jobs, keepGoing, progress, metadataFile, report,
        ];
        foreach (var option in all)
            command.Add(option);
        nodes = NodeFlags.AddTo(command, context);
        allow = AllowFlag.AddTo(command);
        image = ImageFlags.AddTo(command);
        checking = CheckFlags.AddTo(command);
        publishing = PublishingFlags.AddTo(command);
        registries = RegistryAccess.AddTo(command);
        attaching = AttachmentFlags.AddTo(command, builds: true);
    }

    public BakeCommandLine Read(ParseResult parsed)
    {
        OutputFolder.Require(parsed.GetValue(metadataFile));
        var chosen = (parsed.GetValue(names) ?? []).ToImmutableArray();
        var paths = (parsed.GetValue(files) ?? []).ToImmutableArray();
        if (paths.IsEmpty && chosen is [var first, ..] && IsFolder(first))
            (paths, chosen) = ([first], chosen.RemoveAt(0));
        if (parsed.GetValue(print) is { Length: > 0 } printed && !Formats.Contains(printed))
            chosen = chosen.Insert(0, printed); // docker buildx bake --print NAME
        var flags = publishing.Read(parsed, []);
        return new BakeCommandLine
        {
            Files = paths,
            Names = chosen,
            Set = [.. parsed.GetValue(set) ?? []],
            Print = ReadPrint(parsed),
            Plan = parsed.GetValue(plan),
            Push = parsed.GetValue(push),
            Load = parsed.GetValue(load),
            Publication = flags,
            NoCache = parsed.GetValue(noCache),
            Pull = parsed.GetValue(pull),
            Locked = parsed.GetValue(locked),
            VerifyReproducible = parsed.GetValue(verifyReproducible),
            Jobs = ReadJobs(parsed),
            On = nodes.Read(parsed),
            KeepGoing = parsed.GetValue(keepGoing),
            Progress = checking.WantsJson(parsed) ? "json" : ProgressModes.Read(parsed.GetValue(progress)!),
            MetadataFile = parsed.GetValue(metadataFile),
            Report = parsed.GetValue(report),
            Variables = [.. (parsed.GetValue(variables) ?? []).Select(Variable)],
            Attachments = attaching.Read(parsed),
            Check = checking.Read(parsed),
            Allowed = allow.Read(parsed),
            WithoutIndex = image.WithoutIndex(parsed),
            Created = image.Created(parsed),
            Registries = registries.Read(parsed),
        };
    }

    /// <summary>Bake's flag has no value: what is no format is an image.</summary>
    private string? ReadPrint(ParseResult parsed) =>
        parsed.GetResult(print) is null ? null : parsed.GetValue(print) is { } format && Formats.Contains(format) ? format : "yaml";

    internal static KeyValuePair<string, string> Variable(string text)
    {
        if (text.Split('=', 2) is not [{ Length: > 0 } name, var value])
            throw new UsageException($"--var {text}: expected NAME=VALUE.");
        return KeyValuePair.Create(name, value);
    }

    private int? ReadJobs(ParseResult parsed)
    {
        var count = parsed.GetValue(jobs);
        if (count <= 0)
            throw new UsageException($"--jobs {count}: expected 1 or more.");
        return count;
    }

    internal static bool IsFolder(string name) =>
        (name.Contains('/', StringComparison.Ordinal) || name is "." or "..") && Directory.Exists(name);
}

/// <summary>A <c>manifold bake</c> command line, read.</summary>
internal sealed record BakeCommandLine
{
    /// <summary>Of a plan that <c>manifold plan</c> asks for.</summary>
    public static BakeCommandLine ForPlan(string file, ImmutableArray<string> names) => new()
    {
        Files = [file],
        Names = names,
        Set = [],
        Print = null,
        Plan = true,
        Push = false,
        Publication = new PublicationRequest { Targets = [] },
        NoCache = false,
        Pull = false,
        Jobs = null,
        KeepGoing = false,
        Locked = false,
        Progress = "plain",
        MetadataFile = null,
        Report = null,
        Registries = new RegistryChoice(),
    };

    public required ImmutableArray<string> Files { get; init; }
    public required ImmutableArray<string> Names { get; init; }
    public required ImmutableArray<string> Set { get; init; }
    /// <summary>Variables that count more than those of the environment.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Variables { get; init; } = [];

    public required string? Print { get; init; }
    public required bool Plan { get; init; }
    public required bool Push { get; init; }

    /// <summary>What tags may be done to; without targets, which are each image's own.</summary>
    public required PublicationRequest Publication { get; init; }

    /// <summary>What is attached to every image that is published, besides what the file says.</summary>
    public Attachments Attachments { get; init; } = new(Sbom: null, Provenance: null, KeyFile: null);
    public required bool NoCache { get; init; }
    public required bool Pull { get; init; }
    public bool Load { get; init; }
    public bool Locked { get; init; }

    /// <summary>Only say what is wrong or doubtful about the Dockerfiles.</summary>
    public bool Check { get; init; }
    public Allowance Allowed { get; init; } = Allowance.Nothing;

    /// <summary>Publishes the images that are asked for without an index, whatever the file says.</summary>
    public bool WithoutIndex { get; init; }

    /// <summary>The creation time of all images; null if the file decides.</summary>
    public CreatedTime? Created { get; init; }
    public bool VerifyReproducible { get; init; }
    public required int? Jobs { get; init; }

    /// <summary>The values of <c>--on</c>, as they are given.</summary>
    public ImmutableArray<string> On { get; init; } = [];
    public required bool KeepGoing { get; init; }
    public required string Progress { get; init; }
    public required string? MetadataFile { get; init; }
    public required string? Report { get; init; }
    public required RegistryChoice Registries { get; init; }

    /// <summary>How the project is read. Standard input is read once, however often the project is.</summary>
    public ReadingOptions Reading(CliContext context) => Reading(context, Variables, Set);

    /// <inheritdoc cref="Reading(CliContext)"/>
    internal static ReadingOptions Reading(CliContext context, ImmutableArray<KeyValuePair<string, string>> variables,
        ImmutableArray<string> set)
    {
        var input = new Lazy<string>(context.In.ReadToEnd);
        return new ReadingOptions(context.Environment.SetItems(variables))
        {
            WorkingFolder = Directory.GetCurrentDirectory(),
            Overrides = set,
            ReadStandardInput = () => input.Value,
        };
    }

    /// <summary>The project with what the command line says of indexes.</summary>
    public Project Indexed(Project project) => !WithoutIndex ? project
        : project with { Components = [.. project.Components.Select(component => component with { WithoutIndex = true })] };

    /// <summary>What the RUNs of a build are given: the secrets and agents that the file names, and what is allowed here.</summary>
    public RunSettings SettingsOf(BuildSource source, CliContext context) =>
        Allowed.To(SecretTexts.Read(source.Secrets, source.Ssh, context));
}
