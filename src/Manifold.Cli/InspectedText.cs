using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>An inspected image for people: what it is, a table of its platforms, then each one's own.</summary>
internal static class InspectedText
{
    public static void Write(CliContext context, InspectedImage image)
    {
        var output = new Fitted(context);
        output.WriteLine($"Name:    {image.Location.Reference?.ToString() ?? image.Location.ToString()}");
        output.WriteLine($"Read:    from {Locations.Place(image.Location)}");
        output.WriteLine($"Digest:  {image.Top.Descriptor.Digest}");
        output.WriteLine($"Type:    {ForeignText.Line(image.Top.Descriptor.MediaType)}");
        output.WriteLine($"Size:    {ByteSize.Format(image.Size)}");
        foreach (var nested in image.Nested)
            output.WriteLine($"Nested:  {nested.Digest}");
        foreach (var (key, value) in image.Index?.Annotations ?? ImmutableSortedDictionary<string, string>.Empty)
            output.WriteLine($"Note:    {ForeignText.Line($"{key}={value}")}");
        output.WriteLine();
        Columns.Write(output.Context, ["PLATFORM", "DIGEST", "SIZE", "LAYERS", "CREATED"], [.. image.Manifests.Select(manifest =>
            ToRow(image, manifest))]);
        foreach (var manifest in image.Manifests.Where(manifest => manifest.Config is not null))
            WriteImage(output, image, manifest);
        WriteReferrers(output, image);
    }

    private static string[] ToRow(InspectedImage image, InspectedManifest manifest)
    {
        var shared = image.SharedLayers(manifest);
        return
        [
            PlatformOf(manifest), manifest.Descriptor.Digest.ToString(), ByteSize.Format(manifest.Size),
            manifest.Manifest.Layers.Length + (shared > 0 ? $" ({shared} shared)" : ""), Created(manifest.Config),
        ];
    }

    private static string PlatformOf(InspectedManifest manifest) => manifest switch
    {
        { Platform: { } platform } => platform + (manifest.Descriptor.Platform?.OsVersion is { } version ? $" {version}" : ""),
        { About: { } about } => $"(attests {about.Short})",
        _ => "(no platform)",
    };

    /// <summary>What is reproducible bears the epoch, which tells nobody anything.</summary>
    private static string Created(ImageConfig? config) =>
        config?.Created is { } created && created != DateTimeOffset.UnixEpoch
            ? created.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", null)
            : "-";

    private static void WriteImage(Fitted output, InspectedImage image, InspectedManifest manifest)
    {
        output.WriteLine();
        output.WriteLine($"{ForeignText.Line(PlatformOf(manifest))}  {manifest.Descriptor.Digest}  {ByteSize.Format(manifest.Size)}");
        foreach (var (noun, value) in Summary(manifest))
            output.WriteLine($"  {noun + ":",-12}{ForeignText.Line(value)}");
        foreach (var layer in manifest.Manifest.Layers)
        {
            var sharers = ForeignText.Line(string.Join(", ", image.SharersOf(manifest, layer)));
            output.WriteLine(
                $"  layer       {layer.Digest}  {ByteSize.Format(layer.Size)}{(sharers.Length > 0 ? $"  also in {sharers}" : "")}");
        }
    }

    private static IEnumerable<(string Noun, string Value)> Summary(InspectedManifest manifest)
    {
        var config = manifest.Config!;
        if (config.Config?.Entrypoint is { IsDefault: false } entrypoint)
            yield return ("entrypoint", Words(entrypoint));
        if (config.Config?.Cmd is { IsDefault: false } cmd)
            yield return ("cmd", Words(cmd));
        if (config.Config?.User is { Length: > 0 } user)
            yield return ("user", user);
        if (config.Config?.WorkingDir is { Length: > 0 } folder)
            yield return ("workdir", folder);
        foreach (var variable in config.Config?.Env is { IsDefault: false } environment ? environment : [])
            yield return ("env", variable);
        foreach (var (key, value) in config.Config?.Labels ?? ImmutableSortedDictionary<string, string>.Empty)
            yield return ("label", $"{key}={value}");
        foreach (var (key, value) in manifest.Manifest.Annotations ?? ImmutableSortedDictionary<string, string>.Empty)
            yield return ("annotation", $"{key}={value}");
    }

    private static void WriteReferrers(Fitted output, InspectedImage image)
    {
        var referrers = image.Referrers.Select(referrer => (Of: image.Index is null ? "the image" : "the index", referrer))
            .Concat(image.Manifests.SelectMany(manifest => manifest.Referrers.Select(referrer => (Of: PlatformOf(manifest), referrer))))
            .ToList();
        if (image.ReferrersUnknown is { } why)
        {
            output.WriteLine();
            output.WriteLine($"The referrers (signatures, SBOMs) could not be listed: {ForeignText.Line(why)}");
        }
        if (referrers.Count == 0)
            return;
        output.WriteLine();
        Columns.Write(output.Context, ["REFERRER", "ABOUT", "DIGEST", "SIZE"],
            [.. referrers.Select(pair => new[] { pair.referrer.ArtifactType ?? pair.referrer.MediaType,
                pair.Of, pair.referrer.Digest.ToString(), ByteSize.Format(pair.referrer.Size) })]);
    }

    private static string Words(IEnumerable<string> words) =>
        new JsonArray([.. words.Select(word => JsonValue.Create(word))]).ToJsonString();

    /// <summary>Lines that a terminal need not break: digests are short there where that helps, and what is left over is cut.</summary>
    private sealed class Fitted(CliContext context)
    {
        public CliContext Context => context;

        public void WriteLine(string line = "") => context.Out.WriteLine(TableFit.Line(line, context.OutWidth));
    }
}
