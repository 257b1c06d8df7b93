using System.Collections.Immutable;
using System.CommandLine;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>What the commands that publish share: flags, and what they say at the end.</summary>
internal sealed class PublishingFlags
{
    private readonly Option<bool> platformTags = new("--platform-tags")
    {
        Description = "Also write a tag for each platform, such as TAG-amd64 and TAG-arm-v7.",
    };
    private readonly Option<bool> force = new("--force")
    {
        Description = "Overwrite a tag even if it changed since the command started, or if it is not an image.",
    };
    private readonly Option<bool> allowPlatformRemoval = new("--allow-platform-removal")
    {
        Description = "Allow the new image to have fewer platforms than the tag has now.",
    };

    private readonly Option<bool> checkAll = new("--check-all")
    {
        Description = "Check every blob in the registry, even if the tag is up to date, and push the missing ones. "
            + "By default, only manifests are checked."
    };

    public static PublishingFlags AddTo(Command command)
    {
        var flags = new PublishingFlags();
        command.Add(flags.platformTags);
        command.Add(flags.force);
        command.Add(flags.allowPlatformRemoval);
        command.Add(flags.checkAll);
        return flags;
    }

    public PublicationRequest Read(ParseResult parsed, ImmutableArray<ImageReference> targets) => new()
    {
        Targets = targets,
        PlatformTags = parsed.GetValue(platformTags),
        Force = parsed.GetValue(force),
        AllowPlatformRemoval = parsed.GetValue(allowPlatformRemoval),
        CheckAll = parsed.GetValue(checkAll),
    };

    /// <summary>The published references with their digests, one a line, on standard output.</summary>
    public static async Task TellAsync(CliContext context, Publication done, ImmutableArray<ImageReference> targets)
    {
        var transfers = done.Transfers;
        // What has its digest there already is not asked for blob by blob.
        await context.Error.WriteLineAsync(transfers is { Uploaded: 0, Mounted: 0, AlreadyThere: 0 } ? "all content was already there" :
            $"{Amounts.Count(transfers.Uploaded, "blob")} pushed ({ByteSize.Format(transfers.UploadedBytes)}"
                + $"), {transfers.Mounted} mounted, {transfers.AlreadyThere} already there");
        var byDigest = targets.Where(target => target.Tag is null).Select(target => target.WithDigest(done.Top.Digest).ToString());
        foreach (var line in done.Tags.Select(tag => tag.ToString()).Concat(byDigest).Distinct())
            await context.Out.WriteLineAsync(line);
    }
}
