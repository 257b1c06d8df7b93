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
/// The markup is in <c>templates/</c>. The code computes the values for it: a record for each template.
/// </remarks>
internal static class HtmlReport
{
    public static string Render(BuildRecord record)
    {
        var only = record.Components is [var image] ? image : null;
        var body = new ReportBody
        {
            Head = ReportHead.Render(record),
            Overview = record.Components.Length > 1 ? Overview.Render(record) : default,
            Warnings = WarningList.Render(record),
            Advice = AdviceList.Render(record),
            Timeline = only is null ? Timeline.Render(record) : default,
            Images = only is null ? FoldedImages.Render(record) : default,
            Details = only is null ? default : ImageDetails.Render(record, only),
            BaseImages = BaseImages.Render(record),
            Transfers = Transfers.Render(record),
        };
        return PageFrame.Render(
            $"{record.Title} · build report", body, $"{record.Tool} · build {record.Id} · built on {record.Machine.ToString()}");
    }
}

/// <summary>The parts of the report from top to bottom. A part that has nothing to show is empty.</summary>
internal sealed record ReportBody : Piece
{
    public required Html Head { get; init; }
    public required Html Overview { get; init; }
    public required Html Warnings { get; init; }
    public required Html Advice { get; init; }
    public required Html Timeline { get; init; }
    public required Html Images { get; init; }
    public required Html Details { get; init; }
    public required Html BaseImages { get; init; }
    public required Html Transfers { get; init; }
}

/// <summary>The details of each image, folded if there are many.</summary>
internal sealed record FoldedImages(IReadOnlyList<FoldedImage> Images) : Piece
{
    private const int OpenImages = 2;

    public static Html Render(BuildRecord record) => Html.Of(new FoldedImages([.. record.Components.Select(image => new FoldedImage(
        record.Components.IndexOf(image), record.Components.Length <= OpenImages, image.ShortName, Summary(record, image),
        ImageDetails.Render(record, image)))]));

    private static string Summary(BuildRecord record, RecordedComponent image) =>
        record.StateOf(image) is ImageState.Built or ImageState.Published
        ? $"{Amounts.Count(image.Platforms.Count(platform => platform.Manifest is not null), "platform")}, "
        + $"{Amounts.Bytes(image.Platforms.Sum(platform => platform.CompressedBytes))}"
        : record.StateOf(image).Text();
}

internal sealed record FoldedImage(int Number, bool IsOpen, string Name, string Summary, Html Details);
