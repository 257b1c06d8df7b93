using System.Collections.Immutable;
using System.CommandLine;
using System.Net;
using System.Text.Json.Nodes;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary><c>manifold ls</c>: the tags of a repository in a registry.</summary>
internal static class LsCommand
{
    // Docker Hub counts each manifest that is read as a pull, and limits pulls.
    private const int Usual = 50, UsualOnDockerHub = 10;

    public static Command Create(CliContext context)
    {
        var repository = new Argument<string>("REPOSITORY") { Description = "A repository in a registry, such as ghcr.io/acme/app." };
        var filter = new Option<string?>("--filter")
        {
            Description = "List only tags that match this pattern, such as '1.*'. The wildcards are * and ?.",
            HelpName = "PATTERN",
        };
        var limit = new Option<int?>("--limit", "-n")
        {
            Description = $"How many tags to read; 0 reads all. Default: {Usual}, or {UsualOnDockerHub} on Docker Hub, which limits pulls.",
            HelpName = "N",
        };
        var all = new Option<bool>("--all", "-a")
        {
            Description = "Also list the tags of signatures, SBOMs and other attachments, such as sha256-DIGEST.sig.",
        };
        var json = new Option<bool>("--json") { Description = "Print the tags as JSON." };
        var command = new Command("ls", "List the tags of a repository with their platforms, sizes and ages. "
            + "The highest version comes first.")
        {
            repository, filter, limit, all, json,
        };
        var access = RegistryAccess.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var asked = Parse(parsed.GetRequiredValue(repository));
            if (parsed.GetValue(limit) is < 0 and var wrong)
                throw new UsageException($"--limit {wrong}: expected a number of tags, or 0 for all.");
            using var client = access.Open(context, parsed);
            var name = await client.QualifyAsync(asked, cancellation);
            var tags = await client.ListTagsAsync(name, cancellation);
            if (tags.IsEmpty)
                throw NoTags(name);
            var chosen = TagListing.Choose(tags, parsed.GetValue(filter), parsed.GetValue(all));
            var most = parsed.GetValue(limit) ?? (name.Registry == "docker.io" ? UsualOnDockerHub : Usual);
            var shown = most == 0 || chosen.Length <= most ? chosen : chosen[..most];
            var listed = await ReadAsync(context, new TagListing(client, name), shown, cancellation);
            if (parsed.GetValue(json))
                context.Out.WriteLine(new JsonArray([.. listed.Select(tag => ToJson(name, tag))]).ToJsonString());
            else if (!listed.IsEmpty)
            {
                Columns.Write(context, ["TAG", "PLATFORMS", "DIGEST", "SIZE", "AGE"],
                    [.. listed.Select(tag => ToRow(tag, context.Time.GetUtcNow()))]);
            }
            foreach (var tag in listed.Where(tag => tag.Problem is not null))
                context.Warn($"tag '{tag.Tag}' is broken: {tag.Problem}");
            ReportRest(context, tags, chosen, shown, parsed.GetValue(filter));
        });
        return command;
    }

    private static ImageReference Parse(string text)
    {
        var location = Locations.Parse(text);
        if (location.Transport is not Transport.Registry)
            throw new UsageException($"'{text}' is not a repository in a registry. To list the images in the store, run: manifold images");
        var reference = location.Reference!;
        if (reference is not { Digest: null, Tag: "latest" })
            throw new UsageException(
                $"'{text}' names one image. Write the repository without its {(reference.Digest is null ? "tag" : "digest")}, "
                    + $"or show the image with: manifold inspect {text}");
        return reference;
    }

    private static RegistryException NoTags(ImageReference name) => new(
        $"list the tags of {name.Name}: the repository does not exist, or has no tags. "
        + $"Check the name, and log in if it is private: manifold login {name.Registry}")
    {
        Registry = name.Registry,
        Status = HttpStatusCode.NotFound,
    };

    private static async Task<ImmutableArray<ListedTag>> ReadAsync(
        CliContext context, TagListing listing, ImmutableArray<string> tags, CancellationToken cancellation)
    {
        var done = 0;
        await using var status = new StatusLine(context, () => $"Read {Volatile.Read(ref done)} of {Amounts.Count(tags.Length, "tag")} …");
        return await listing.ReadAsync(tags, () => Interlocked.Increment(ref done), cancellation);
    }

    private static void ReportRest(
        CliContext context, ImmutableArray<string> tags, ImmutableArray<string> chosen, ImmutableArray<string> shown, string? filter)
    {
        var more = chosen.Length - shown.Length;
        if (more > 0)
            context.Warn($"… and {Amounts.Count(more, "more tag")}. To list all, add --limit 0. To select tags, add --filter PATTERN.");
        else if (chosen.IsEmpty && TagListing.Choose(tags, filter, attached: true) is { IsEmpty: false } hidden)
            context.Warn($"Only tags of attachments match ({hidden.Length}). To list them, add --all.");
        else if (chosen.IsEmpty)
            context.Warn($"No tag matches '{filter}'. The repository has {Amounts.Count(tags.Length, "tag")}.");
    }

    private static string[] ToRow(ListedTag tag, DateTimeOffset now) =>
    [
        tag.Tag, Platforms(tag), tag.Top?.Digest.Short ?? "-", tag.Size is { } size ? ByteSize.Format(size) : "-",
        tag.Created is { } created ? Amounts.Age(now - created) : "-",
    ];

    private static string Platforms(ListedTag tag) => tag switch
    {
        { Problem: not null } => "(broken)",
        { ArtifactType: { } type } => $"({type})",
        _ => string.Join(',', tag.Platforms.Select(platform => platform.Platform?.ToString() ?? "?")),
    };

    private static JsonObject ToJson(ImageReference repository, ListedTag tag) => new()
    {
        ["tag"] = tag.Tag,
        ["name"] = repository.WithTag(tag.Tag).ToString(),
        ["digest"] = tag.Top?.Digest.ToString(),
        ["mediaType"] = tag.Top?.MediaType,
        ["artifactType"] = tag.ArtifactType,
        ["platforms"] = new JsonArray([.. tag.Platforms.Select(platform => new JsonObject
        {
            ["platform"] = platform.Platform?.ToString(),
            ["digest"] = platform.Digest.ToString(),
            ["size"] = platform.Size,
        })]),
        ["size"] = tag.Size,
        ["created"] = tag.Created,
        ["problem"] = tag.Problem,
    };
}
