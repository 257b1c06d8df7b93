using Manifold.Building.Recording;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>A short digest with a button that copies the full one; a dash if there is none.</summary>
internal sealed record DigestButton(string? Full, string? Short) : Piece;

/// <summary>A text; a dash if there is none.</summary>
internal sealed record TextOrDash(string? Text) : Piece;

/// <summary>A change in size.</summary>
internal sealed record Change(string Class, string Text) : Piece;

/// <summary>Building blocks that several parts of the page use.</summary>
internal static class Pieces
{
    public static Html Digest(Digest? digest) => Html.Of(new DigestButton(digest?.ToString(), digest?.Short));

    public static string Seconds(double seconds) => Amounts.Duration(TimeSpan.FromSeconds(seconds));

    public static Html Bytes(long? bytes) => Html.Of(new TextOrDash(bytes is { } some ? Amounts.Bytes(some) : null));

    /// <summary>The change in size; empty if there is nothing to compare with.</summary>
    public static Html Change(long? bytes) => bytes is not { } some ? default
        : Html.Of(new Change(some == 0 ? "change" : some > 0 ? "change more" : "change less", Amounts.Change(some)));

    /// <summary>The class of a way in the style sheet, which is also its name.</summary>
    public static string ClassOf(BuildWay way) => way.ToString().ToLowerInvariant();
}
