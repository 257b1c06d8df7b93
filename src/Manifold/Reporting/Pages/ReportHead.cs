using System.Globalization;
using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>The top of the page: outcome, name, and key figures.</summary>
internal static class ReportHead
{
    public static Html Render(BuildRecord record) => Html.Of($"""
        <header>
        <p class="eyebrow"><span class="outcome {record.Outcome.ToString().ToLowerInvariant()}">{Outcome(record)}</span> <time datetime="{record.Begin.UtcDateTime.ToString("O")}">{record.Begin.UtcDateTime.ToString("d MMMM yyyy, HH:mm", CultureInfo.InvariantCulture)} UTC</time></p>
        <h1>{Title(record)}</h1>
        {(record.Components.Length > 1 ? Project(record) : Names(record))}
        {(record.Failure is { } failure ? Html.Of($"<pre class=\"failure\">{failure}</pre>") : Html.Empty)}
        <dl class="figures">{Figures(record)}</dl>
        </header>

        """);

    private static string Outcome(BuildRecord record) =>
        record.Outcome == BuildOutcome.Succeeded && record.Components.Any(component => component.Published) ? "Published"
            : OutcomeText.Of(record);

    /// <summary>The registry's part of a name is shown less prominently than the rest.</summary>
    private static Html Title(BuildRecord record) =>
        record.Title.IndexOf('/', StringComparison.Ordinal) is var slash and > 0 && record.Components.Length == 1
            ? Html.Of($"<span class=\"registry\">{record.Title[..(slash + 1)]}</span>{record.Title[(slash + 1)..]}")
            : Html.Of($"{record.Title}");

    private static Html Names(BuildRecord record) => record.Components is not [{ Index: { } index } only] ? Html.Empty : Html.Of($"""
        <p class="names"><code>{index.Digest.ToString()}</code>{Pieces.Copy(index.Digest.ToString())}{only.Tags.Skip(1).Select(tag => Html.Of($"<br>also <code>{tag}</code>"))}</p>
        """);

    /// <summary>The project file, and the images that were not built, by name.</summary>
    private static Html Project(BuildRecord record)
    {
        ImageState[] unfinished = [ImageState.Failed, ImageState.Stopped, ImageState.NotStarted];
        return Html.Of($"""
            {(record.File is "" or "." ? Html.Empty : Html.Of($"<p class=\"names\"><code>{record.File}</code></p>"))}
            {unfinished.Select(state => Unfinished(record, state))}
            """);
    }

    private static Html Unfinished(BuildRecord record, ImageState state)
    {
        var images = record.ImagesThat(state).ToList();
        if (images.Count == 0)
            return Html.Empty;
        var links = images.Select(
            (image, i) => Html.Of($"{(i == 0 ? "" : ", ")}<a href=\"#image-{record.Components.IndexOf(image)}\">{image.ShortName}</a>"));
        var heading = state switch { ImageState.Failed => "Failed", ImageState.Stopped => "Stopped", _ => "Not started" };
        return Html.Of(
            $"<p class=\"names\"><span class=\"{(state == ImageState.Failed ? "bad" : "muted")}\">{heading}:</span> {links}</p>");
    }

    private static IEnumerable<Html> Figures(BuildRecord record)
    {
        var platforms = record.Components.SelectMany(component => component.Platforms.Select(platform => (component, platform))).ToList();
        var made = platforms.Where(each => each.platform.Manifest is not null).ToList();
        yield return Figure("time", Amounts.Duration(record.Duration), Parallel(record));
        if (record.Components.Length > 1)
            yield return Figure("images", $"{record.Components.Length}", ImageStates.CountsOf(record));
        yield return Figure(record.Platforms.Count() == 1 ? "platform" : "platforms", $"{record.Platforms.Count()}", string.Join(", ",
            made.Select(each => each.platform.Way).Distinct().Order().Select(Ways.Name)));
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

    private static Html Figure(string name, string value, string note) => Html.Of($"""
        <div><dt>{name}</dt><dd>{value}{(note.Length > 0 ? Html.Of($" <small>{note}</small>") : Html.Empty)}</dd></div>
        """);
}
