using Manifold.Building.Recording;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>Building blocks that several parts of the page use.</summary>
internal static class Pieces
{
    /// <summary>A short digest with a button that copies the full one.</summary>
    public static Html Digest(Digest? digest) => digest is not { } some ? Html.Of($"<span class=\"muted\">–</span>")
        : Html.Of($"<span class=\"digest\"><code title=\"{some.ToString()}\">{some.Short}</code>{Copy(some.ToString())}</span>");

    /// <summary>A button that copies a text.</summary>
    public static Html Copy(string text) =>
        Html.Of($"<button class=\"clip\" type=\"button\" data-copy=\"{text}\" aria-label=\"copy\"></button>");

    public static Html Seconds(double seconds) => Html.Of($"{Amounts.Duration(TimeSpan.FromSeconds(seconds))}");

    public static Html Bytes(long? bytes) =>
        bytes is { } some ? Html.Of($"{Amounts.Bytes(some)}") : Html.Of($"<span class=\"muted\">–</span>");

    /// <summary>The change in size; empty if there is nothing to compare with.</summary>
    public static Html Change(long? bytes) => bytes switch
    {
        null => Html.Empty,
        0 => Html.Of($"<span class=\"change\">±0</span>"),
        > 0 and var more => Html.Of($"<span class=\"change more\">{Amounts.Change(more)}</span>"),
        var less => Html.Of($"<span class=\"change less\">{Amounts.Change(less.Value)}</span>"),
    };

    /// <summary>The class of a way in the style sheet, which is also its name.</summary>
    public static string ClassOf(BuildWay way) => way.ToString().ToLowerInvariant();

    /// <summary>
    /// A table in a box of its own that scrolls if the table is too wide.
    /// Can be focused, so that the arrow keys scroll it.
    /// </summary>
    /// <param name="headings">A heading that begins with <c>#</c> is one of numbers.</param>
    public static Html Table(IEnumerable<string> headings, IEnumerable<Html> rows, string kind = "") => Html.Of($"""
        <div class="scroll" tabindex="0"><table class="{kind}"><thead><tr>{headings.Select(Heading)}</tr></thead><tbody>
        {rows}
        </tbody></table></div>

        """);

    /// <summary>A part of the page under a heading. Empty if both the note and the content are.</summary>
    public static Html Section(string heading, string note, Html content) => content.IsEmpty && note.Length == 0 ? Html.Empty : Html.Of($"""
        <section><h2>{heading}</h2>{(note.Length > 0 ? Html.Of($"<p class=\"note\">{note}</p>") : Html.Empty)}
        {content}</section>

        """);

    private static Html Heading(string heading) =>
        heading.StartsWith('#') ? Html.Of($"<th class=\"number\">{heading[1..]}</th>") : Html.Of($"<th>{heading}</th>");
}
