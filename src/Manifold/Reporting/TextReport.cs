using System.Globalization;
using System.Text;
using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting;

/// <summary>A record for a terminal: the outcome, the table, and warnings.</summary>
internal static class TextReport
{
    public static string Render(BuildRecord record, int? width = null)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture,
            $"{record.Title}: {OutcomeText.Of(record).ToLowerInvariant()} in {Amounts.Duration(record.Duration)}");
        text.Append(CultureInfo.InvariantCulture, $", {record.Begin.UtcDateTime:yyyy-MM-dd HH:mm} UTC, build {record.Id}\n");
        if (record.Components.Length > 1)
            text.Append(ImageStates.Summary(record)).Append('\n');
        if (record.Failure is { } failure)
            text.Append(failure).Append('\n');
        text.Append('\n').Append(record.Components is [var only] ? BuildTable.Render(record, only, null, width)
            : BuildTable.Render(record, width));
        if (record.UsesNodes)
            text.Append('\n').Append(NodeTable.Render(record, width));
        if (record.Bases.Length > 0)
            text.Append('\n')
                .Append(BuildTable.Columns([["BASE", "PLATFORM", "DIGEST", "SIZE", "AGE", "FROM"], .. record.Bases.Select(image => new[]
                {
                    image.Reference, image.Platform.ToString(), image.Digest.ToString(),
                    Amounts.Bytes(image.Bytes), image.Created is { } created ? Amounts.Age(record.Begin - created) : "-", image.From,
                })], width));
        if (record.Transfers.Length > 0)
            text.Append('\n').Append(BuildTable.Columns([["TRANSFER", "BLOBS", "SIZE", record.UsesNodes ? "PLACE" : "REPOSITORY"],
                .. record.Transfers.Select(transfer => new[]
            {
                transfer.Kind, transfer.Blobs.ToString(CultureInfo.InvariantCulture), Amounts.Bytes(transfer.Bytes), transfer.Where,
            })], width));
        foreach (var warning in ReportWarnings.Of(record))
            text.Append(CultureInfo.InvariantCulture, $"\nwarning: {(warning.Component.Length > 0 ? warning.Component + ": " : "")}"
                + $"{warning.Message}{(warning.Mend is null ? "" : "\n  " + warning.Mend)}\n");
        return text.Append(AdviceText.Render(record.Advice)).ToString();
    }
}
