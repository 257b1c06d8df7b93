using System.Globalization;
using System.Text.Json.Nodes;
using Manifold.Content;
using Manifold.Images;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Text;
using Manifold.Verification;

namespace Manifold.Cli;

/// <param name="Most">How many files; 0 for all.</param>
internal sealed record FilesAsked(Platform? Platform, int Most, bool Json);

/// <summary><c>manifold inspect --files</c>: the largest files of one platform, and the layers that they are in.</summary>
internal static class InspectFiles
{
    public const int Usual = 30;
    private const int InstructionWidth = 100;

    /// <exception cref="UsageException">The limit is negative, or there are no files to limit.</exception>
    public static void RequireLimit(int? limit, bool hasFiles)
    {
        if (limit < 0)
            throw new UsageException($"--limit {limit}: expected a number of files, or 0 for all.");
        if (limit is not null && !hasFiles)
            throw new UsageException("--limit works only with --files. Add --files, or remove --limit.");
    }

    public static async Task RunAsync(
        CliContext context, Store store, IImageSource source, FilesAsked asked, CancellationToken cancellation)
    {
        using var inUse = await store.LockSharedAsync(() => PruneCommand.TellOfWaiting(context), cancellation);
        var top = await source.ResolveAsync(cancellation);
        var entry = await InspectCommand.ChooseAsync(source, top.Descriptor, asked.Platform, cancellation);
        var manifest = await source.ReadManifestAsync(entry.Manifest, cancellation);
        var image = new PlatformImage(entry.Manifest, manifest, await source.ReadConfigAsync(manifest.Config, cancellation));
        var most = asked.Most == 0 ? int.MaxValue : asked.Most;
        var files = await ReadAsync(context, source, image, (new ContentsCache(store), most), cancellation);
        if (asked.Json)
            await context.Out.WriteLineAsync(ToJson(source.Location, entry, files).ToJsonString(InspectedJson.Readable));
        else
            Write(context, source.Location, entry, files);
    }

    private static async Task<ImageFiles> ReadAsync(
        CliContext context, IImageSource source, PlatformImage image, (ContentsCache Cache, int Most) how,
        CancellationToken cancellation)
    {
        var (number, all) = (0, image.Manifest.Layers.Length);
        await using var status = new StatusLine(context, () => $"Reading layer {Volatile.Read(ref number)} of {all} …");
        return await ImageFiles.ReadAsync(source, image, how, layer => Volatile.Write(ref number, layer), cancellation);
    }

    private static void Write(CliContext context, ImageLocation location, PlatformEntry entry, ImageFiles files)
    {
        var output = context.Out;
        output.WriteLine($"Name:      {location.Reference?.ToString() ?? location.ToString()}");
        output.WriteLine($"Platform:  {entry.Platform}");
        output.WriteLine($"Digest:    {entry.Manifest.Digest}");
        output.WriteLine($"Files:     {ByteSize.Format(files.Bytes)} in {Amounts.Count(files.Layers.Sum(layer => layer.Files), "file")}, "
            + $"of which later layers waste {ByteSize.Format(files.WastedBytes)}");
        if (files.Layers.IsEmpty)
            return;
        output.WriteLine();
        Columns.Write(context, ["LAYER", "PULLED", "UNPACKED", "FILES", "DELETES", "WASTED", "MADE BY"], [.. files.Layers.Select(ToRow)]);
        output.WriteLine();
        Columns.Write(context, ["SIZE", "LAYER", "PATH"], [.. files.Files.Select(ToRow)]);
        var more = (int)Math.Min(int.MaxValue, files.Entries - files.Files.Length);
        if (more > 0)
            context.Warn($"… and {Amounts.Count(more, "more file")}. To list all, add --limit 0.");
    }

    private static string[] ToRow(FilesOfLayer layer) =>
    [
        Number(layer.Number), ByteSize.Format(layer.Blob.Size), ByteSize.Format(layer.Bytes), Number(layer.Files),
        layer.Deletions == 0 ? "-" : Number(layer.Deletions), layer.WastedBytes == 0 ? "-" : ByteSize.Format(layer.WastedBytes),
        Cut(Instruction(layer.CreatedBy) ?? "-"),
    ];

    private static string[] ToRow(FileOfLayer file) =>
    [
        file.IsDeletion ? "-" : ByteSize.Format(file.Bytes), Number(file.Layer),
        $"/{file.Path}{Note(file)}",
    ];

    private static string Note(FileOfLayer file) => file switch
    {
        { IsDeletion: true } => "  (deleted from lower layers)",
        { HiddenBy: { } layer, IsDeletedThere: true } => $"  (wasted: layer {layer} deletes it)",
        { HiddenBy: { } layer } => $"  (wasted: layer {layer} replaces it)",
        _ => "",
    };

    /// <summary>The history of docker's old builder without the words that are the same in every entry.</summary>
    private static string? Instruction(string? createdBy)
    {
        const string nop = "/bin/sh -c #(nop) ", shell = "/bin/sh -c ";
        return createdBy is null || string.IsNullOrWhiteSpace(createdBy) ? null
            : createdBy.StartsWith(nop, StringComparison.Ordinal) ? createdBy[nop.Length..].Trim()
            : createdBy.StartsWith(shell, StringComparison.Ordinal) ? "RUN " + createdBy[shell.Length..] : createdBy;
    }

    private static string Cut(string text) => Cells.Cut(
        ForeignText.Line(string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))), InstructionWidth);

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static JsonObject ToJson(ImageLocation location, PlatformEntry entry, ImageFiles files) => new()
    {
        ["name"] = location.Reference?.ToString() ?? location.ToString(),
        ["platform"] = entry.Platform.ToString(),
        ["digest"] = entry.Manifest.Digest.ToString(),
        ["bytes"] = files.Bytes,
        ["wastedBytes"] = files.WastedBytes,
        ["layers"] = new JsonArray([.. files.Layers.Select(layer => new JsonObject
        {
            ["number"] = layer.Number,
            ["digest"] = layer.Blob.Digest.ToString(),
            ["diffId"] = layer.DiffId.ToString(),
            ["mediaType"] = layer.Blob.MediaType,
            ["size"] = layer.Blob.Size,
            ["bytes"] = layer.Bytes,
            ["files"] = layer.Files,
            ["deletions"] = layer.Deletions,
            ["wastedBytes"] = layer.WastedBytes,
            ["createdBy"] = layer.CreatedBy,
        })]),
        ["entries"] = files.Entries,
        ["files"] = new JsonArray([.. files.Files.Select(file => new JsonObject
        {
            ["path"] = "/" + file.Path,
            ["bytes"] = file.Bytes,
            ["layer"] = file.Layer,
            ["deletion"] = file.IsDeletion,
            ["hiddenBy"] = file.HiddenBy,
            ["deletedThere"] = file.IsDeletedThere,
        })]),
    };
}
