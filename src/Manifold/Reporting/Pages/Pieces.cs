using Manifold.Oci;
using Manifold.Reporting.Records;

namespace Manifold.Reporting.Pages;

/// <summary>What several parts of the page are made of.</summary>
internal static class Pieces
{
    /// <summary>A digest in short, with the whole of it to copy.</summary>
    public static Html Digest(Digest? digest) => digest is not { } some ? Html.Of($"<span class=\"muted\">–</span>")
        : Html.Of($"<span class=\"digest\"><code title=\"{some.ToString()}\">{some.Short}</code>{Copy(some.ToString())}</span>");

    /// <summary>A button that copies a text.</summary>
    public static Html Copy(string text) => Html.Of($"<button class=\"clip\" type=\"button\" data-copy=\"{text}\" aria-label=\"copy\"></button>");

    public static Html Seconds(double seconds) => Html.Of($"{Units.Duration(TimeSpan.FromSeconds(seconds))}");

    public static Html Bytes(long? bytes) => bytes is { } some ? Html.Of($"{Units.Bytes(some)}") : Html.Of($"<span class=\"muted\">–</span>");

    /// <summary>How much more or less; empty where there is nothing to compare with.</summary>
    public static Html Change(long? bytes) => bytes switch
    {
        null => Html.Empty,
        0 => Html.Of($"<span class=\"change\">±0</span>"),
        > 0 and var more => Html.Of($"<span class=\"change more\">{Units.Change(more)}</span>"),
        var less => Html.Of($"<span class=\"change less\">{Units.Change(less.Value)}</span>"),
    };

    /// <summary>The name of a way, which is its class in the style sheet.</summary>
    public static string ClassOf(BuildWay way) => way.ToString().ToLowerInvariant();

    /// <summary>A table in a box that scrolls by itself where it is too wide.</summary>
    public static Html Table(IEnumerable<string> headings, IEnumerable<Html> rows, string kind = "") => Html.Of($"""
        <div class="scroll"><table class="{kind}"><thead><tr>{headings.Select(Heading)}</tr></thead><tbody>
        {rows}
        </tbody></table></div>

        """);

    /// <summary>A part of the page under a heading; nothing where there is nothing in it.</summary>
    public static Html Section(string heading, string note, Html content) => content.IsEmpty ? Html.Empty : Html.Of($"""
        <section><h2>{heading}</h2>{(note.Length > 0 ? Html.Of($"<p class=\"note\">{note}</p>") : Html.Empty)}
        {content}</section>

        """);

    // A heading that begins with # is one of numbers.
    private static Html Heading(string heading) => heading.StartsWith('#') ? Html.Of($"<th class=\"number\">{heading[1..]}</th>") : Html.Of($"<th>{heading}</th>");
}
