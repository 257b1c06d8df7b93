using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>A record as one HTML file. It needs no server, makes no requests, and prints well.</summary>
/// <remarks>
/// <code>
/// head        outcome, name, digest, key figures
/// images      if there are several: image × platform
/// warnings    each with how to fix it
/// timeline    when each step ran, and the critical path; for a single image it follows the stages
/// details     of each image: platforms, stages, layers, index, checks, commands; folded if there are many
/// sources     base images by digest, and transfers
/// </code>
/// </remarks>
internal static class HtmlReport
{
    private const int OpenImages = 2, ShownOfAKind = 3;

    public static string Render(BuildRecord record) => PageFrame.Render($"{record.Title} · build report", Html.Of($"""
        {ReportHead.Render(record)}
        {(record.Components.Length > 1 ? Overview.Render(record) : Html.Empty)}
        {Warnings(record)}
        {Advice(record)}
        {(record.Components.Length == 1 ? Html.Empty : Timeline.Render(record))}
        {Images(record)}
        {Sources.Render(record)}
        """), $"{record.Tool} · build {record.Id} · built on {record.Machine.ToString()}");

    private static Html Warnings(BuildRecord record) => Pieces.Section("Warnings", "",
        Html.Join(ReportWarnings.Of(record).GroupBy(warning => warning.Mend ?? warning.Message).Select(same => Warning([.. same]))));

    /// <summary>Warnings with the same fix are shown together. If there are many, only the first few are unfolded.</summary>
    private static Html Warning(List<RecordedWarning> same) => Html.Of($"""
        <div class="warning">{same.Take(ShownOfAKind).Select(Told)}{(same.Count <= ShownOfAKind ? Html.Empty : Html.Of($"<details><summary>{same.Count - ShownOfAKind} more</summary>{same.Skip(ShownOfAKind).Select(Told)}</details>"))}{(same[0].Mend is { } mend ? Html.Of($"<p class=\"mend\">{mend}</p>") : Html.Empty)}</div>

        """);

    private static Html Advice(BuildRecord record) => Pieces.Section("Advice", "", Html.Join(record.Advice.Select(advice => Html.Of($"""
        <div class="warning advice"><p>{(advice.Component.Length > 0 ? Html.Of($"<b>{advice.Component}</b> ") : Html.Empty)}{advice.Message}</p>{(advice.Lines.IsEmpty ? Html.Empty : Html.Of($"<div class=\"command\"><pre>{string.Join('\n', advice.Lines)}</pre>{Pieces.Copy(string.Join('\n', advice.Lines))}</div>"))}</div>

        """))));

    private static Html Told(RecordedWarning warning) =>
        Html.Of($"<p>{(warning.Component.Length > 0 ? Html.Of($"<b>{warning.Component}</b> ") : Html.Empty)}{warning.Message}</p>");

    private static Html Images(BuildRecord record)
    {
        if (record.Components is [var only])
            return ImageDetails.Render(record, only);
        var open = record.Components.Length <= OpenImages;
        return Html.Of($"""
            <section class="images"><h2>Details</h2><p class="note no-print"><button type="button" class="fold" data-fold="open">Open all</button><button type="button" class="fold" data-fold="close">Close all</button></p>
            {record.Components.Select(image => Folded(record, image, open))}</section>

            """);
    }

    private static Html Folded(BuildRecord record, RecordedComponent image, bool open) => Html.Of($"""
        <details class="image" id="image-{record.Components.IndexOf(image)}"{(open ? Html.Of($" open") : Html.Empty)}>
        <summary><span class="name">{image.ShortName}</span><span class="muted">{Summary(record, image)}</span></summary>
        {ImageDetails.Render(record, image)}
        </details>

        """);

    private static string Summary(BuildRecord record, RecordedComponent image) =>
        record.StateOf(image) is ImageState.Built or ImageState.Published
        ? $"{Amounts.Count(image.Platforms.Count(platform => platform.Manifest is not null), "platform")}, "
        + $"{Amounts.Bytes(image.Platforms.Sum(platform => platform.CompressedBytes))}"
        : record.StateOf(image).Text();
}
