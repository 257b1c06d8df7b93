using System.Collections.Immutable;
using System.CommandLine;
using Manifold.Building.Units;
using Manifold.Linux;
using Manifold.Planning;
using Manifold.Publishing;

namespace Manifold.Cli;

/// <summary><c>manifold merge</c>: joins platforms that were built on different machines, and publishes them as one image.</summary>
internal static class MergeCommand
{
    public static Command Create(CliContext context)
    {
        var files = new Argument<string[]>("SHARD")
        {
            Description = "The files that 'manifold build --push --shard FILE' wrote.",
            Arity = ArgumentArity.OneOrMore,
        };
        var platforms = new Option<string[]>("--platform")
        {
            Description = "Platforms that the merged image must have. Fails if one is missing.",
            HelpName = "PLATFORMS",
        };
        var append = new Option<bool>("--append")
        {
            Description = "Keep the platforms that the tags already have, and add those from the shards.",
        };
        var annotations = new Option<string[]>("--annotation")
        {
            Description = "Add an annotation to the index. For an entry, write manifest-descriptor[linux/arm64]:KEY=VALUE. Repeatable.",
            HelpName = "KEY=VALUE",
        };
        var command = new Command("merge", "Merge shards from several machines into one image, and write its tags.") { files, platforms,
            append, annotations };
        var publishing = PublishingFlags.AddTo(command);
        var access = RegistryAccess.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var shards = parsed.GetRequiredValue(files).Select(Read).ToImmutableArray();
            using var store = context.OpenStore();
            using var inUse = await store.LockSharedAsync(() => PruneCommand.TellOfWaiting(context), cancellation);
            using var client = access.Open(context, parsed);
            var done = await new ShardMerge(new PublishingTools(store, client, context.Time) { Warn = context.Warn })
                .RunAsync(new MergeRequest
                {
                    Shards = shards,
                    Expected = [.. RegistryAccess.Platforms(parsed.GetValue(platforms) ?? []).Distinct()],
                    Append = parsed.GetValue(append),
                    Annotations = [.. (parsed.GetValue(annotations) ?? []).SelectMany(Annotations)],
                    Publication = publishing.Read(parsed, []),
                }, new TransferLines(context), cancellation);
            await PublishingFlags.TellAsync(context, done, []);
        });
        return command;
    }

    private static ShardFile Read(string path)
    {
        if (Directory.Exists(path))
            throw new UsageException($"merge: '{path}' is a folder. Name the shards in it, such as {path.TrimEnd('/')}/*.json");
        try
        {
            return new ShardFile(path, Shard.Parse(PlainFile.Read(path, Limits.DocumentBytes)));
        }
        catch (FormatException e)
        {
            throw new UsageException($"merge '{path}': {e.Message}");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or ArgumentException)
        {
            throw new UsageException($"merge: there is no file '{path}'.");
        }
    }

    /// <summary>Without a place an annotation is the index's: the manifests are pushed already, and their digests stand.</summary>
    private static IEnumerable<Annotation> Annotations(string text)
    {
        try
        {
            var read = Annotation.Parse(text);
            var bare = !text.Split('=')[0].Contains(':', StringComparison.Ordinal);
            if (read.Any(each => each.Place is AnnotationPlace.IndexDescriptor || (each.Place is AnnotationPlace.Manifest && !bare)))
                throw new UsageException($"--annotation {text}: merge can annotate the index (index:) and its entries "
                    + "(manifest-descriptor:). To annotate a manifest, use --annotation when you build it.");
            return read.Select(each => bare ? each with { Place = AnnotationPlace.Index } : each);
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
