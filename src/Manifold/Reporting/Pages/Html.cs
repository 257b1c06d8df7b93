using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>Markup. Only a template makes it, and a template escapes every text: forgetting it is not possible.</summary>
internal readonly record struct Html
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly string? text;

    private Html(string text) => this.text = text;

    public bool IsEmpty => string.IsNullOrEmpty(text);

    /// <summary>The piece as its template draws it.</summary>
    public static Html Of(Piece piece) => new(Template.Of(piece).Fill(piece));

    /// <summary>The program's own style sheet or script, which is embedded as a file.</summary>
    public static Html Embedded(string file) => new(Template.Embedded(file));

    /// <summary>Appends a value of a model: a text, a number, or markup.</summary>
    /// <remarks>A text is escaped, also for use within quotes, and characters that nobody sees are shown.</remarks>
    public static void Append(StringBuilder page, object? value) => _ = value switch
    {
        null => page,
        string text => page.Append(Encoder.Encode(ForeignText.Lines(text))),
        int number => page.Append(CultureInfo.InvariantCulture, $"{number}"),
        double number => page.Append(CultureInfo.InvariantCulture, $"{Math.Round(number, 2)}"),
        Html markup => page.Append(markup.text),
        _ => throw new ArgumentException($"A page cannot show a {value.GetType()}.", nameof(value)),
    };

    public override string ToString() => text ?? "";
}
