using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>
/// A piece of a page. Made by interpolation only, which escapes every text that is put in: forgetting it is not possible.
/// </summary>
/// <remarks>
/// The literal parts are the page's own; a hole takes a text (escaped, also within quotes, and what is not seen is shown), a number,
/// or pieces.
/// <code>Html.Of($"&lt;td title=\"{path}\"&gt;{name}&lt;/td&gt;")</code>
/// </remarks>
internal readonly record struct Html
{
    private readonly string? text;

    private Html(string text) => this.text = text;

    public static Html Empty => default;

    public bool IsEmpty => string.IsNullOrEmpty(text);

    public static Html Of(ref HtmlHandler handler) => new(handler.ToText());

    public static Html Join(IEnumerable<Html> parts) => new(string.Concat(parts.Select(part => part.text)));

    /// <summary>The program's own style sheet or script.</summary>
    internal static Html Own(string text) => new(text);

    public override string ToString() => text ?? "";
}

/// <summary>What the compiler calls for <c>Html.Of($"…")</c>.</summary>
[InterpolatedStringHandler]
internal ref struct HtmlHandler
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly StringBuilder page;

    public HtmlHandler(int literalLength, int formattedCount) => page = new StringBuilder(literalLength + (16 * formattedCount));

    public readonly void AppendLiteral(string text) => page.Append(text);

    public readonly void AppendFormatted(string? text) => page.Append(Encoder.Encode(ForeignText.Lines(text ?? "")));

    public readonly void AppendFormatted(Html part) => page.Append(part.ToString());

    public readonly void AppendFormatted(IEnumerable<Html> parts)
    {
        foreach (var part in parts)
            page.Append(part.ToString());
    }

    public readonly void AppendFormatted(int number) => page.Append(CultureInfo.InvariantCulture, $"{number}");

    public readonly void AppendFormatted(double number) => page.Append(CultureInfo.InvariantCulture, $"{Math.Round(number, 2)}");

    internal readonly string ToText() => page.ToString();
}
