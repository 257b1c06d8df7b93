using System.Globalization;
using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>The top of the page: outcome, name, and key figures.</summary>
internal sealed record ReportHead : Piece
{
    public required string OutcomeClass { get; init; }
    public required string Outcome { get; init; }
    public required string IsoTime { get; init; }
    public required string Time { get; init; }

    /// <summary>The registry's part of the name. It is shown less prominently than the rest.</summary>
    public required string? Registry { get; init; }

    public required string Title { get; init; }

    /// <summary>Null for a single image.</summary>
    public required ProjectNames? Project { get; init; }

    /// <summary>Null if there are several images, or none.</summary>
    public required ImageNames? Image { get; init; }

    public required string? Failure { get; init; }
    public required IReadOnlyList<Figure> Figures { get; init; }

    public static Html Render(BuildRecord record)
    {
        var slash = record.Components.Length == 1 ? record.Title.IndexOf('/', StringComparison.Ordinal) + 1 : 0;
        var begin = record.Begin.UtcDateTime;
        return Html.Of(new ReportHead
        {
            OutcomeClass = record.Outcome.ToString().ToLowerInvariant(),
            Outcome = OutcomeOf(record),
            IsoTime = begin.ToString("O"),
            Time = begin.ToString("d MMMM yyyy, HH:mm", CultureInfo.InvariantCulture),
            Registry = slash > 1 ? record.Title[..slash] : null,
            Title = slash > 1 ? record.Title[slash..] : record.Title,
            Project = record.Components.Length > 1 ? ProjectOf(record) : null,
            Image = record.Components is [{ Index: { } index } only]
                ? new ImageNames(index.Digest.ToString(), [.. only.Tags.Skip(1)]) : null,
            Failure = record.Failure,
            Figures = [.. FiguresOf(record)],
        });
    }

    private static string OutcomeOf(BuildRecord record) =>
        record.Outcome == BuildOutcome.Succeeded && record.Components.Any(component => component.Published) ? "Published"
            : OutcomeText.Of(record);

    private static ProjectNames ProjectOf(BuildRecord record)
    {
        ImageState[] unfinished = [ImageState.Failed, ImageState.Stopped, ImageState.NotStarted];
        return new ProjectNames(
            record.File is "" or "." ? null : record.File,
            [.. unfinished.Select(state => Unfinished(record, state)).Where(images => images.Images.Count > 0)]);
    }

    private static UnfinishedImages Unfinished(BuildRecord record, ImageState state)
    {
        var heading = state switch { ImageState.Failed => "Failed", ImageState.Stopped => "Stopped", _ => "Not started" };
        var images = record.ImagesThat(state).Select((image, i) => new ImageLink(
            i == 0 ? "" : ", ", record.Components.IndexOf(image), image.ShortName));
        return new UnfinishedImages(state == ImageState.Failed ? "bad" : "muted", heading, [.. images]);
    }

    private static IEnumerable<Figure> FiguresOf(BuildRecord record)
    {
        var platforms = record.Components.SelectMany(component => component.Platforms.Select(platform => (component, platform))).ToList();
        var made = platforms.Where(each => each.platform.Manifest is not null).ToList();
        yield return Figure("time", Amounts.Duration(record.Duration), Parallel(record));
        if (record.Components.Length > 1)
            yield return Figure("images", $"{record.Components.Length}", ImageStates.CountsOf(record));
        yield return Figure(record.Platforms.Count() == 1 ? "platform" : "platforms", $"{record.Platforms.Count()}", string.Join(", ",
            made.Select(each => each.platform.Way).Distinct().Order().Select(Ways.Name)));
        if (record.UsesNodes)
            yield return NodesOf(record);
        if (made.Count > 0)
            yield return Figure("compressed size", Amounts.Bytes(made.SelectMany(each => each.platform.Layers).DistinctBy(layer =>
                layer.Digest).Sum(layer => layer.Bytes)), Change(made));
        if (record.Steps.Length > 0)
            yield return Figure("cached steps", $"{record.Steps.Count(step => step.State == StepState.Cached)}",
                $"of {record.Steps.Length}");
        if (made.Sum(each => each.platform.EmulatedSeconds) is var emulated and > 0)
        {
            var steps = record.Steps.Where(step => step is { Emulated: true, State: StepState.Done });
            yield return Figure("emulated", Amounts.Duration(TimeSpan.FromSeconds(steps.Sum(step => step.Seconds))), "of step time");
        }
        if (record.Transfers.Where(transfer => transfer.Kind == "pushed").Sum(transfer => transfer.Bytes) is var pushed and > 0)
            yield return Figure("pushed", Amounts.Bytes(pushed), AlreadyThere(record));
    }

    private static Figure NodesOf(BuildRecord record)
    {
        var nodes = record.Components.SelectMany(image => image.Platforms).Select(platform => platform.Node)
            .OfType<RecordedNode>().ToList();
        var names = nodes.Select(node => node.Name).Distinct().ToList();
        var apart = TimeSpan.FromSeconds(nodes.Sum(node => node.WaitedSeconds + node.MovedSeconds));
        return Figure(names.Count == 1 ? "node" : "nodes", $"{names.Count}", $"{Amounts.Duration(apart)} of waiting and transfers");
    }

    private static string AlreadyThere(BuildRecord record) =>
        record.Transfers.Where(transfer => transfer.Kind is "there" or "mounted").Sum(transfer => transfer.Bytes) is var there and > 0
            ? $"{Amounts.Bytes(there)} already there" : "";

    private static string Change(List<(RecordedComponent Component, RecordedPlatform Platform)> platforms)
    {
        var compared = platforms.Select(each => (each.Platform, Before: each.Component.Before?.Find(each.Platform.Platform)))
            .Where(each => each.Before is not null).ToList();
        return compared.Count == 0 ? "each layer counted once" : compared.Sum(each =>
            each.Platform.CompressedBytes - each.Before!.CompressedBytes) is var change && change == 0
            ? "unchanged" : $"{Amounts.Change(change)} in total";
    }

    private static string Parallel(BuildRecord record)
    {
        var work = record.Steps.Where(step => step.State is StepState.Done or StepState.Failed).Sum(step => step.Elapsed);
        return work > record.Duration.TotalSeconds ? $"{Amounts.Duration(TimeSpan.FromSeconds(work))} of step time" : "";
    }

    private static Figure Figure(string name, string value, string note) => new(name, value, note.Length > 0 ? note : null);
}

/// <summary>The project file, and the images that were not built, by name.</summary>
internal sealed record ProjectNames(string? File, IReadOnlyList<UnfinishedImages> Unfinished);

internal sealed record UnfinishedImages(string Class, string Heading, IReadOnlyList<ImageLink> Images);

internal sealed record ImageLink(string Separator, int Number, string Name);

/// <summary>The digest, and the tags besides the first.</summary>
internal sealed record ImageNames(string Digest, IReadOnlyList<string> Tags);

internal sealed record Figure(string Name, string Value, string? Note);
