using System.Globalization;
using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>The base images, and the transfers from and to registries.</summary>
internal static class Sources
{
    public static Html Render(BuildRecord record) => Html.Of($"""
        {Bases(record)}
        {Transfers(record)}
        """);

    private static Html Bases(BuildRecord record) => record.Bases.IsEmpty ? Html.Empty : Pieces.Section("Base images", "", Pieces.Table(
        ["image", "platform", "digest", "#compressed", "created", "#age", "from"],
        record.Bases.GroupBy(image => image.Reference).SelectMany(same => same.Select((image, i) => Base(record, image, i == 0)))));

    private static Html Base(BuildRecord record, RecordedBase image, bool first) => Html.Of($"""
        <tr{(first ? Html.Empty : Html.Of($" class=\"same\""))}><th scope="row">{(first ? image.Reference : "")}</th><td>{image.Platform.ToString()}</td><td>{Pieces.Digest(image.Digest)}</td><td class="number">{Amounts.Bytes(image.Bytes)}</td><td>{(image.Created is { } created ? created.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "unknown")}</td><td class="number">{(image.Created is { } made ? Amounts.Age(record.Begin - made) : "–")}</td><td>{image.From}</td></tr>

        """);

    private static Html Transfers(BuildRecord record) => record.Transfers.IsEmpty ? Html.Empty : Pieces.Section("Transfers", "",
        Pieces.Table(
        ["transfer", "repository", "#blobs", "#size", "#time"], record.Transfers.Select(transfer => Html.Of($"""
            <tr><td>{Meaning(transfer.Kind)}</td><th scope="row"><code>{transfer.Where}</code></th><td class="number">{transfer.Blobs}</td><td class="number">{Amounts.Bytes(transfer.Bytes)}</td><td class="number">{(transfer.Kind is "pulled" or "pushed" ? Pieces.Seconds(transfer.End - transfer.Begin) : Html.Of($"–"))}</td></tr>

            """))));

    private static string Meaning(string kind) => kind switch
    {
        "pulled" => "pulled from",
        "pushed" => "pushed to",
        "mounted" => "mounted from another repository in",
        "there" => "already in",
        _ => kind,
    };
}
