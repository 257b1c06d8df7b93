using System.Collections.Immutable;
using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Cli;

/// <summary><c>manifold inspect</c>: an image of the store, down to its layers.</summary>
internal static class InspectCommand
{
    public static Command Create(CliContext context)
    {
        var reference = new Argument<string>("REF") { Description = "The image's name." };
        var raw = new Option<bool>("--raw") { Description = "Print the index or manifest as it is stored." };
        var format = StoredNames.FormatOption();
        var command = new Command("inspect", "Show an image of the store: platforms, sizes, layers, config.") { reference, raw, format };
        command.SetAction(parsed =>
        {
            using var store = context.OpenStore();
            var name = StoredNames.Find(store, parsed.GetRequiredValue(reference));
            if (parsed.GetValue(raw))
            {
                context.Out.Write(Encoding.UTF8.GetString(store.ReadDocument(name.Target.Digest)));
                return;
            }
            var image = StoredImage.Read(store, name);
            if (parsed.GetValue(format) == "json")
                context.Out.WriteLine(ToJson(image).ToJsonString());
            else
                WriteText(context.Out, image);
        });
        return command;
    }

    private static void WriteText(TextWriter output, StoredImage image)
    {
        output.WriteLine($"Name:    {image.Name.Name}");
        output.WriteLine($"Digest:  {image.Name.Target.Digest}");
        output.WriteLine($"Type:    {image.Name.Target.MediaType}");
        output.WriteLine($"Size:    {ByteSize.Format(image.Size)}");
        foreach (var platform in image.Platforms)
            WriteText(output, platform);
    }

    private static void WriteText(TextWriter output, StoredPlatform platform)
    {
        output.WriteLine();
        output.WriteLine($"{platform.Platform?.ToString() ?? "(no platform)"}  {platform.Descriptor.Digest}  {ByteSize.Format(platform.Size)}");
        foreach (var (noun, value) in Summary(platform.Config))
            output.WriteLine($"  {noun + ":",-12}{value}");
        foreach (var layer in platform.Manifest.Layers)
            output.WriteLine($"  layer       {layer.Digest}  {ByteSize.Format(layer.Size)}");
    }

    private static IEnumerable<(string Noun, string Value)> Summary(ImageConfig? config)
    {
        if (config is null)
            yield break;
        if (config.Created is { } created)
            yield return ("created", created.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", null));
        if (config.Config?.Entrypoint is { } entrypoint)
            yield return ("entrypoint", Words(entrypoint));
        if (config.Config?.Cmd is { } cmd)
            yield return ("cmd", Words(cmd));
        if (config.Config?.User is { Length: > 0 } user)
            yield return ("user", user);
        if (config.Config?.WorkingDir is { Length: > 0 } folder)
            yield return ("workdir", folder);
        foreach (var variable in config.Config?.Env ?? [])
            yield return ("env", variable);
        foreach (var (key, value) in config.Config?.Labels ?? ImmutableSortedDictionary<string, string>.Empty)
            yield return ("label", $"{key}={value}");
    }

    private static string Words(IEnumerable<string> words) => new JsonArray([.. words.Select(word => JsonValue.Create(word))]).ToJsonString();

    private static JsonObject ToJson(StoredImage image) => new()
    {
        ["name"] = image.Name.Name,
        ["digest"] = image.Name.Target.Digest.ToString(),
        ["mediaType"] = image.Name.Target.MediaType,
        ["size"] = image.Size,
        ["platforms"] = new JsonArray([.. image.Platforms.Select(ToJson)]),
    };

    private static JsonNode ToJson(StoredPlatform platform) => new JsonObject
    {
        ["platform"] = platform.Platform?.ToString(),
        ["digest"] = platform.Descriptor.Digest.ToString(),
        ["size"] = platform.Size,
        ["layers"] = new JsonArray([.. platform.Manifest.Layers.Select(layer => new JsonObject
        {
            ["digest"] = layer.Digest.ToString(), ["size"] = layer.Size, ["mediaType"] = layer.MediaType,
        })]),
        ["config"] = platform.Config is { } config ? JsonNode.Parse(config.ToJson()) : null,
    };
}
