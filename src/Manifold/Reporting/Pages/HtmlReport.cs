using Manifold.Reporting.Records;

namespace Manifold.Reporting.Pages;

/// <summary>A record as one HTML file: it needs no server, asks for nothing, and prints.</summary>
/// <remarks>
/// <code>
/// head        outcome, name, digest, the figures of the build
/// overview    where there are several images: image × platform
/// warnings    each with what mends it
/// time line   what ran when, and what the time is made of; of a single image it stands with its stages
/// images      platforms, stages, layers, index, checks, commands; folded where there are many
/// sources     bases by digest, what was fetched from where and sent where
/// </code>
/// </remarks>
public static class HtmlReport
{
    private const int OpenImages = 2, ShownOfAKind = 3;

    public static string Render(BuildRecord record) => PageFrame.Render($"{record.Title} · build report", Html.Of($"""
        {ReportHead.Render(record)}
        {(record.Components.Length > 1 ? Overview.Render(record) : Html.Empty)}
        {Warnings(record)}
        {(record.Components.Length == 1 ? Html.Empty : Timeline.Render(record))}
        {Images(record)}
        {Sources.Render(record)}
        """), $"{record.Tool} · build {record.Id} · built on {record.Machine.ToString()}");

    private static Html Warnings(BuildRecord record) => Pieces.Section("Warnings", "", Html.Join(Advice.Of(record).GroupBy(warning => warning.Mend ?? warning.Message).Select(same => Warning([.. same]))));

    /// <summary>What is mended the same way stands together; of many the first few are seen.</summary>
    private static Html Warning(List<RecordedWarning> same) => Html.Of($"""
        <div class="warning">{same.Take(ShownOfAKind).Select(Told)}{(same.Count <= ShownOfAKind ? Html.Empty : Html.Of($"<details><summary>and {same.Count - ShownOfAKind} more</summary>{same.Skip(ShownOfAKind).Select(Told)}</details>"))}{(same[0].Mend is { } mend ? Html.Of($"<p class=\"mend\">{mend}</p>") : Html.Empty)}</div>

        """);

    private static Html Told(RecordedWarning warning) =>
        Html.Of($"<p>{(warning.Component.Length > 0 ? Html.Of($"<b>{warning.Component}</b> ") : Html.Empty)}{warning.Message}</p>");

    private static Html Images(BuildRecord record)
    {
        if (record.Components is [var only])
            return ImageDetails.Render(record, only);
        var open = record.Components.Length <= OpenImages;
        return Html.Of($"""
            <section class="images"><h2>Images</h2><p class="note no-print"><button type="button" class="fold" data-fold="open">open all</button><button type="button" class="fold" data-fold="close">close all</button></p>
            {record.Components.Select(image => Folded(record, image, open))}</section>

            """);
    }

    private static Html Folded(BuildRecord record, RecordedComponent image, bool open) => Html.Of($"""
        <details class="image" id="image-{record.Components.IndexOf(image)}"{(open ? Html.Of($" open") : Html.Empty)}>
        <summary><span class="name">{image.ShortName}</span><span class="muted">{Summary(image)}</span></summary>
        {ImageDetails.Render(record, image)}
        </details>

        """);

    private static string Summary(RecordedComponent image) => image.Failure is not null ? "failed"
        : $"{Units.Count(image.Platforms.Count(platform => platform.Manifest is not null), "platform")}, {Units.Bytes(image.Platforms.Sum(platform => platform.CompressedBytes))}";
}
