using System.Globalization;
using System.Text;

namespace Manifold.Cli;

/// <summary>Writes a manual page in the language of man(7), which groff and mandoc read.</summary>
/// <remarks>Text is wrapped at 78 columns, and every character stands for itself: no word of ours is taken for a request.</remarks>
internal sealed class Roff
{
    private const int Width = 78;

    private readonly StringBuilder text = new();

    public void Title(string name, DateOnly date, string source)
    {
        var day = date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        Line($".TH {Escape(name.ToUpperInvariant())} 1 \"{day}\" \"{Escape(Capitalized(source))}\" \"Manifold Manual\"");
    }

    public void Section(string name) => Line($".SH {(name.Contains(' ', StringComparison.Ordinal) ? $"\"{name}\"" : name)}");

    public void Subsection(string name) => Line($".SS {(name.Contains(' ', StringComparison.Ordinal) ? $"\"{name}\"" : name)}");

    /// <summary>Lines that stay as they are, indented, in a fixed-width font.</summary>
    public void Verbatim(IEnumerable<string> lines)
    {
        Line(".PP");
        Line(".RS 4");
        Line(".nf");
        foreach (var line in lines)
            Line((line.StartsWith('.') ? "\\&" : "") + Escape(line));
        Line(".fi");
        Line(".RE");
    }

    /// <summary>A line of the language itself, which is written as it is.</summary>
    public void Line(string line) => text.Append(line).Append('\n');

    /// <summary>The paragraphs of a section.</summary>
    public void Paragraphs(params IReadOnlyList<string> plain)
    {
        for (var at = 0; at < plain.Count; at++)
        {
            if (at > 0)
                Line(".PP");
            Wrapped(plain[at]);
        }
    }

    /// <param name="label">Already in the language, as of <see cref="Bold"/>.</param>
    public void Entry(string label, string plain)
    {
        Line(".TP");
        Line(label);
        Wrapped(plain);
    }

    public override string ToString() => text.ToString();

    public static string Bold(string plain) => $"\\fB{Escape(plain)}\\fR";

    public static string Italic(string plain) => $"\\fI{Escape(plain)}\\fR";

    public static string Escape(string plain)
    {
        var escaped = new StringBuilder(plain.Length);
        foreach (var rune in plain.EnumerateRunes())
        {
            escaped.Append(rune.Value switch
            {
                '\\' => "\\e",
                '-' => "\\-", // else it is typeset as a hyphen, and what is copied from the page does not work
                '\'' => "\\(aq",
                '`' => "\\(ga",
                '^' => "\\(ha",
                '~' => "\\(ti",
                '"' => "\\(dq",
                < 128 => rune.ToString(),
                _ => string.Create(CultureInfo.InvariantCulture, $"\\[u{rune.Value:X4}]"),
            });
        }
        return escaped.ToString();
    }

    private void Wrapped(string plain)
    {
        var line = new StringBuilder();
        foreach (var word in plain.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(Escape))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > Width)
            {
                Line(line.ToString());
                line.Clear();
            }
            // A request starts with a dot.
            line.Append(line.Length > 0 ? " " : word.StartsWith('.') ? "\\&" : "").Append(word);
        }
        if (line.Length > 0)
            Line(line.ToString());
    }

    private static string Capitalized(string word) => char.ToUpperInvariant(word[0]) + word[1..];
}
