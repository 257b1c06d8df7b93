using System.Text;
using System.Text.RegularExpressions;

namespace Manifold.Tests.Docs;

/// <summary>
/// Everything that the program says is on one page, <c>cases/messages/messages.md</c>. There it can be read in one go, and a change of
/// wording shows.
/// </summary>
/// <remarks>The page has no line numbers, so that moving code does not change it. <c>MANIFOLD_ACCEPT=1</c> writes it again.</remarks>
public sealed partial class ReadingEveryMessage
{
    private const string Head = """
        # Messages

        Every text in the source code that a person reads. `{name}` stands for a value.
        A test writes this page: set `MANIFOLD_ACCEPT=1` and run `ReadingEveryMessage`.

        """;

    private static readonly string Source = Path.Combine(Cases.Repository, "src");

    private static readonly Lazy<List<(string File, SourceText Message)>> Messages = new(() => [.. Directory
        .EnumerateFiles(Source, "*", SearchOption.AllDirectories)
        .Where(file => Path.GetExtension(file) is ".cs" or ".html")
        .Select(file => Path.GetRelativePath(Source, file))
        .Where(file => !file.Split('/').Any(folder => folder is "obj" or "bin"))
        .Order(StringComparer.Ordinal)
        .SelectMany(file => SourceTexts.Read(Path.Combine(Source, file)).Distinct()
            .OrderBy(message => message.Member, StringComparer.Ordinal)
            .Select(message => (file, message)))]);

    [Fact]
    public void the_page_lists_all_messages_by_file()
    {
        var page = new StringBuilder(Head);
        foreach (var file in Messages.Value.GroupBy(each => each.File))
        {
            page.Append(null, $"\n## {file.Key}\n\n");
            foreach (var (_, message) in file)
                page.Append(null, $"- `{message.Member}` {message.Text}\n");
        }
        Cases.Expect(Path.Combine(Cases.Folder("messages"), "messages.md"), page.ToString());
    }

    [Fact]
    public void no_sentence_has_two_spaces_in_a_row() => Refuse(message => DoubleSpace().IsMatch(message.Text));

    [Fact]
    public void no_message_ends_with_two_periods() => Refuse(message => TwoPeriods().IsMatch(message.Text));

    [Fact]
    public void no_quotation_mark_is_without_its_partner() => Refuse(message => Curly().IsMatch(message.Text) || (message.IsWhole
        && Apostrophe().Replace(message.Text, "").Count(each => each == '\'') % 2 == 1 && !PluralPossessive().IsMatch(message.Text)));

    [Fact]
    public void no_message_is_worded_in_a_way_that_nobody_speaks() => Refuse(message => Odd().IsMatch(Value().Replace(message.Text, "")));

    private static void Refuse(Func<SourceText, bool> isWrong)
    {
        var found = Messages.Value.Where(each => isWrong(each.Message)).Select(each => $"{each.File}: {each.Message.Text}").ToList();
        Assert.True(found.Count == 0, $"{found.Count} messages:\n{string.Join('\n', found)}");
    }

    // Columns of a table may have more than one space between them; sentences may not.
    [GeneratedRegex(@"\p{L}{2}[.,;!?] {2,}\S|\p{Ll} {2}\p{Ll}")]
    private static partial Regex DoubleSpace();

    [GeneratedRegex(@"[^.]\.\.\z")]
    private static partial Regex TwoPeriods();

    [GeneratedRegex("[‘’“”]")]
    private static partial Regex Curly();

    [GeneratedRegex(@"(?<=[\w})>])'(?=\w)")]
    private static partial Regex Apostrophe();

    [GeneratedRegex(@"\ws' ")]
    private static partial Regex PluralPossessive();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Value();

    [GeneratedRegex(@"need it not|\bmend(s|ed)?\b|whose start|\bis told\b|\bgravest\b|\bthat is there\b|\bbegin of\b|\bothers than\b"
        + @"|(?<!there )\bis no (?!longer\b|more than\b)", RegexOptions.IgnoreCase)]
    private static partial Regex Odd();
}
