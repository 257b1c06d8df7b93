using System.CommandLine;
using System.Text.Json.Nodes;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Cli;

/// <summary><c>manifold images</c>: what the store has by name.</summary>
internal static class ImagesCommand
{
    public static Command Create(CliContext context)
    {
        var format = StoredNames.FormatOption();
        var command = new Command("images", "List the images in the local store.") { format };
        command.SetAction(parsed =>
        {
            using var store = context.OpenStore();
            // Many names often mean one image, which is read once.
            var read = new Dictionary<Descriptor, StoredImage>();
            var images = store.Tags.List().OrderBy(image => image.Name, StringComparer.Ordinal)
                .Select(image => Read(store, image, read)).ToList();
            if (parsed.GetValue(format) == "json")
                context.Out.WriteLine(new JsonArray([.. images.Select(ToJson)]).ToJsonString());
            else
                Columns.Write(context, ["NAME", "PLATFORMS", "DIGEST", "SIZE", "CREATED"], [.. images.Select(ToRow)]);
        });
        return command;
    }

    private static StoredImage Read(Store store, NamedImage image, Dictionary<Descriptor, StoredImage> read)
    {
        if (!read.TryGetValue(image.Target, out var known))
            read[image.Target] = known = StoredImage.Read(store, image);
        return known with { Name = image };
    }

    private static string[] ToRow(StoredImage image) =>
    [
        image.Name.Name, string.Join(',', Platforms(image)) is { Length: > 0 } platforms ? platforms : "-", image.Name.Target.Digest.Short,
        ByteSize.Format(image.Size), Created(image) is { } created ? created.UtcDateTime.ToString("yyyy-MM-dd HH:mm", null) : "-",
    ];

    /// <summary>Null where the image does not say: what is reproducible bears the epoch.</summary>
    private static DateTimeOffset? Created(StoredImage image) => image.Created == DateTimeOffset.UnixEpoch ? null : image.Created;

    private static JsonNode ToJson(StoredImage image) => new JsonObject
    {
        ["name"] = image.Name.Name,
        ["digest"] = image.Name.Target.Digest.ToString(),
        ["mediaType"] = image.Name.Target.MediaType,
        ["platforms"] = new JsonArray([.. Platforms(image).Select(platform => JsonValue.Create(platform))]),
        ["size"] = image.Size,
        ["created"] = image.Created,
    };

    private static IEnumerable<string> Platforms(StoredImage image) =>
        image.Platforms.Select(platform => platform.Platform?.ToString()).OfType<string>();
}
