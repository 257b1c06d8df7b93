using Manifold.Building.Recording;
using Manifold.Planning.Advising;

namespace Manifold.Reporting.Pages;

/// <summary>The advice, with the lines to write.</summary>
internal sealed record AdviceList(IReadOnlyList<AdviceEntry> Entries) : Piece
{
    public static Html Render(BuildRecord record) =>
        record.Advice.IsEmpty ? default : Html.Of(new AdviceList([.. record.Advice.Select(Entry)]));

    private static AdviceEntry Entry(BuildAdvice advice) => new(
        advice.Component.Length > 0 ? advice.Component : null, advice.Message,
        advice.Lines.IsEmpty ? null : string.Join('\n', advice.Lines));
}

internal sealed record AdviceEntry(string? Image, string Message, string? Lines);
