using System.Globalization;
using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>The base images by digest.</summary>
internal sealed record BaseImages(IReadOnlyList<BaseRow> Images) : Piece
{
    public static Html Render(BuildRecord record) => record.Bases.IsEmpty ? default : Html.Of(new BaseImages(
        [.. record.Bases.GroupBy(image => image.Reference).SelectMany(same => same.Select((image, i) => Row(record, image, i == 0)))]));

    private static BaseRow Row(BuildRecord record, RecordedBase image, bool isFirst) => new()
    {
        IsSame = !isFirst,
        Reference = image.Reference,
        Platform = image.Platform.ToString(),
        Digest = Pieces.Digest(image.Digest),
        Size = Amounts.Bytes(image.Bytes),
        Created = image.Created?.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "unknown",
        Age = image.Created is { } created ? Amounts.Age(record.Begin - created) : "–",
        From = image.From,
    };
}

internal sealed record BaseRow
{
    /// <summary>Whether the row above has the same reference, so that this one does not repeat it.</summary>
    public required bool IsSame { get; init; }

    public required string Reference { get; init; }
    public required string Platform { get; init; }
    public required Html Digest { get; init; }
    public required string Size { get; init; }
    public required string Created { get; init; }
    public required string Age { get; init; }
    public required string From { get; init; }
}

/// <summary>The transfers from and to registries and nodes.</summary>
internal sealed record Transfers(string PlaceHeading, IReadOnlyList<TransferRow> Rows) : Piece
{
    public static Html Render(BuildRecord record) =>
        record.Transfers.IsEmpty ? default : Html.Of(new Transfers(PlaceOf(record), [.. record.Transfers.Select(Row)]));

    /// <summary>The heading of the places of transfers. With nodes, some of them are not repositories.</summary>
    public static string PlaceOf(BuildRecord record) => record.UsesNodes ? "place" : "repository";

    private static TransferRow Row(RecordedTransfer transfer) => new(
        Meaning(transfer.Kind), transfer.Where, transfer.Blobs, Amounts.Bytes(transfer.Bytes),
        transfer.Kind is "pulled" or "pushed" or "sent" or "received" ? Pieces.Seconds(transfer.End - transfer.Begin) : "–");

    private static string Meaning(string kind) => kind switch
    {
        "pulled" => "pulled from",
        "pushed" => "pushed to",
        "sent" => "sent to",
        "received" => "received from",
        "mounted" => "mounted from another repository in",
        "there" => "already in",
        _ => kind,
    };
}

internal sealed record TransferRow(string Kind, string Repository, int Blobs, string Size, string Time);
