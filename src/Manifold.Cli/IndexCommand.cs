using System.Collections.Immutable;
using System.CommandLine;
using System.Text;
using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Registry;

namespace Manifold.Cli;

/// <summary><c>manifold index</c>: makes and changes indexes where they are. Nothing but manifests moves within a registry.</summary>
internal static class IndexCommand
{
    public static Command Create(CliContext context) => new("index", "Create and change image indexes.")
    {
        CreateIndex(context), Add(context), Remove(context), Annotate(context),
    };

    private static Command CreateIndex(CliContext context)
    {
        var shared = new IndexFlags("The name of the index. An existing index is replaced, but only if the new one has all its platforms.");
        var sources = Sources();
        var replace = Replace();
        var attestations = NoAttestations();
        var annotations = IndexFlags.Annotations("Add an annotation to the index. Repeatable.");
        var command = new Command("create", "Create an index from images and other indexes. Missing platforms are read from the image "
            + "configs.") { shared.Target, sources, replace, attestations, annotations };
        return shared.Complete(context, command, async (run, parsed, cancellation) =>
        {
            foreach (var source in parsed.GetRequiredValue(sources))
                await run.Draft.AddAsync(await run.FindAsync(source, cancellation),
                    parsed.GetValue(replace), !parsed.GetValue(attestations), cancellation);
            run.Draft.Annotate(IndexFlags.Pairs(parsed.GetValue(annotations)));
        });
    }

    private static Command Add(CliContext context)
    {
        var shared = new IndexFlags("The index to add to.");
        var sources = Sources();
        var replace = Replace();
        var attestations = NoAttestations();
        var command = new Command("add", "Add images, or all platforms of other indexes, to an index.") { shared.Target, sources,
            replace, attestations };
        return shared.Complete(context, command, async (run, parsed, cancellation) =>
        {
            await run.BeginAsync(cancellation);
            foreach (var source in parsed.GetRequiredValue(sources))
                await run.Draft.AddAsync(await run.FindAsync(source, cancellation),
                    parsed.GetValue(replace), !parsed.GetValue(attestations), cancellation);
        });
    }

    private static Command Remove(CliContext context)
    {
        var shared = new IndexFlags("The index to remove from.");
        var entries = new Argument<string[]>("ENTRY")
        {
            Description = "The platforms or digests to remove.",
            Arity = ArgumentArity.OneOrMore,
        };
        var command = new Command("remove", "Remove platforms from an index. Their manifests are not deleted.") { shared.Target, entries };
        return shared.Complete(context, command, async (run, parsed, cancellation) =>
        {
            await run.BeginAsync(cancellation);
            foreach (var entry in parsed.GetRequiredValue(entries))
                run.Draft.Remove(entry);
            run.RemovalIsAsked = true;
        });
    }

    private static Command Annotate(CliContext context)
    {
        var shared = new IndexFlags("The index to annotate.");
        var entry = new Argument<string?>("ENTRY")
        {
            Description = "A platform or digest in the index. Default: the index itself.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var annotations = IndexFlags.Annotations("Add an annotation. KEY= without a value removes it. Repeatable.");
        var os = new Option<string?>("--os") { Description = "Set the operating system of the entry.", HelpName = "OS" };
        var architecture = new Option<string?>("--arch") { Description = "Set the architecture of the entry.", HelpName = "ARCH" };
        var variant = new Option<string?>("--variant") { Description = "Set the variant of the entry.", HelpName = "VARIANT" };
        var version = new Option<string?>("--os-version") { Description = "Set the os.version of the entry.", HelpName = "VERSION" };
        var features = new Option<string[]>("--os-features")
        {
            Description = "Set the os.features of the entry. Repeatable.",
            HelpName = "FEATURE",
        };
        var command = new Command("annotate", "Annotate an index, or change the platform of an entry. The manifests do not change.")
        {
            shared.Target, entry, annotations, os, architecture, variant, version, features,
        };
        return shared.Complete(context, command, async (run, parsed, cancellation) =>
        {
            var changes = new EntryChanges
            {
                Os = parsed.GetValue(os),
                Architecture = parsed.GetValue(architecture),
                Variant = parsed.GetValue(variant),
                OsVersion = parsed.GetValue(version),
                OsFeatures = parsed.GetValue(features) is { Length: > 0 } given ? [.. given] : null,
                Annotations = IndexFlags.Pairs(parsed.GetValue(annotations)),
            };
            if (changes is { Os: null, Architecture: null, Variant: null, OsVersion: null, OsFeatures: null, Annotations.IsEmpty: true })
                throw new UsageException("There is nothing to change. Add --annotation KEY=VALUE. For an entry, you can also add --os, "
                    + "--arch, --variant, --os-version or --os-features.");
            await run.BeginAsync(cancellation);
            if (parsed.GetValue(entry) is { } which)
                run.Draft.AnnotateEntry(which, changes);
            else if (changes is { Os: null, Architecture: null, Variant: null, OsVersion: null, OsFeatures: null })
                run.Draft.Annotate(changes.Annotations);
            else
                throw new UsageException("An index itself has no platform. Name one of its entries: manifold index annotate TARGET "
                    + "linux/arm64 --variant v8");
            run.RemovalIsAsked = changes.Os is not null || changes.Architecture is not null || changes.Variant is not null;
        });
    }

    private static Argument<string[]> Sources() => new("SOURCE")
    {
        Description = $"The images to add: {Locations.Help}",
        Arity = ArgumentArity.OneOrMore,
    };

    private static Option<bool> Replace() => new("--replace")
    {
        Description = "Replace a platform that the index or an earlier source already has.",
    };

    private static Option<bool> NoAttestations() => new("--no-attestations")
    {
        Description = "Leave out attestations, the entries with the platform unknown/unknown.",
    };
}

/// <summary>What the commands over indexes share: a target, how it is published, and the steps around the change itself.</summary>
internal sealed class IndexFlags(string targetHelp)
{
    private readonly Option<bool> dryRun = new("--dry-run") { Description = "Print the index without writing it." };
    private readonly Option<bool> noReferrers = new("--no-referrers")
    {
        Description = "Do not copy the signatures, SBOMs and provenance of the sources.",
    };
    private readonly Option<string?> format = CopyCommand.FormatOption();

    public Argument<string> Target { get; } = new("TARGET") { Description = targetHelp };

    public static Option<string[]> Annotations(string help) => new("--annotation") { Description = help, HelpName = "KEY=VALUE" };

    /// <exception cref="UsageException">One has no key.</exception>
    public static ImmutableDictionary<string, string> Pairs(string[]? texts) =>
        (texts ?? []).Select(Pair).ToImmutableDictionary(pair => pair.Key, pair => pair.Value);

    public Command Complete(CliContext context, Command command, Func<IndexRun, ParseResult, CancellationToken, Task> change)
    {
        command.Add(dryRun);
        command.Add(noReferrers);
        command.Add(format);
        var publishing = PublishingFlags.AddTo(command);
        var access = RegistryAccess.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var store = context.OpenStore();
            using var inUse = await store.LockSharedAsync(() => PruneCommand.TellOfWaiting(context), cancellation);
            using var client = access.Open(context, parsed);
            await using var run = new IndexRun(store, client, Locations.Parse(parsed.GetRequiredValue(Target)), context.Warn);
            await change(run, parsed, cancellation);
            await using var image = await CopyCommand.ConvertAsync(run.Draft.Compose(), parsed.GetValue(format), context.Warn,
                cancellation);
            if (parsed.GetValue(dryRun))
            {
                await context.Out.WriteLineAsync(Encoding.UTF8.GetString((await image.ResolveAsync(cancellation)).Bytes.Span));
                return;
            }
            var publication = publishing.Read(parsed, []);
            var options = new DeliveryOptions(
                publication with { AllowPlatformRemoval = publication.AllowPlatformRemoval || run.RemovalIsAsked },
                !parsed.GetValue(noReferrers))
            {
                Before = run.Before,
            };
            await DeliveryLines.Create(context, store, client).DeliverAsync(image, [run.Target], options, cancellation);
        });
        return command;
    }

    private static (string Key, string Value) Pair(string text)
    {
        if (text.Split('=', 2) is not [{ Length: > 0 } key, var value])
            throw new UsageException($"--annotation {text}: expected KEY=VALUE.");
        return (key, value);
    }
}

/// <summary>One change of an index.</summary>
internal sealed class IndexRun(Store store, RegistryClient client, ImageLocation target, Action<string> tell) : IAsyncDisposable
{
    private readonly ImageSources sources = new(store, client);

    public ImageLocation Target => target;
    public IndexDraft Draft { get; } = new();

    /// <summary>What the target had when it was read; null where it was not.</summary>
    public Digest? Before { get; private set; }

    /// <summary>Whoever names what goes has consented that it goes.</summary>
    public bool RemovalIsAsked { get; set; }

    public Task<IImageSource> FindAsync(string source, CancellationToken cancellation) =>
        sources.FindAsync(Locations.Parse(source), tell, cancellation);

    /// <summary>Begins with what the target has.</summary>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        var current = sources.Open(target);
        await Draft.BeginWithAsync(current, cancellation);
        Before = (await current.ResolveAsync(cancellation)).Descriptor.Digest;
    }

    public ValueTask DisposeAsync() => Draft.DisposeAsync();
}
