using System.Text;

namespace Manifold.Text;

/// <summary>The one way to a terminal or a log: whatever is written through it arrives as <see cref="ForeignText"/> shows it.</summary>
/// <remarks>
/// <para>Everything that people read is written through one of these, so that no message, table or excerpt can forget it.
/// JSON keeps its content.</para>
/// <para>
/// CI systems obey lines of a log as well. What begins one of their commands is broken by an escape: <c>::</c> at the start of a line
/// (GitHub, Gitea, Forgejo), and <c>##[</c>, <c>##vso[</c>, <c>##teamcity[</c> anywhere (GitHub's older form, Azure Pipelines, TeamCity).
/// Source: actions/runner, <c>ActionCommand.cs</c>; Azure Pipelines, "Logging commands"; TeamCity, "Service Messages".
/// </para>
/// <para>This program's own colours, cursor movements and CI commands go through <see cref="Own"/>. Thread-safe;
/// the target is not disposed.</para>
/// </remarks>
internal sealed class ForeignTextWriter : TextWriter
{
    private static readonly string[] CommandMarks = ["##", "##vso", "##teamcity"];
    private static readonly int LongestMark = CommandMarks.Max(mark => mark.Length);

    private readonly TextWriter target;
    private readonly Lock gate = new();
    private readonly StringBuilder line = new();

    private ForeignTextWriter(TextWriter target) : base(target.FormatProvider)
    {
        this.target = target;
        CoreNewLine = ['\n'];
    }

    public override Encoding Encoding => target.Encoding;

    /// <summary>A writer around another one; the same where it is one already.</summary>
    public static ForeignTextWriter Around(TextWriter target) => target as ForeignTextWriter ?? new ForeignTextWriter(target);

    /// <summary>The writer below, without escaping: for this program's own texts, and for texts that are already safe.</summary>
    public static TextWriter Own(TextWriter writer) => writer is ForeignTextWriter foreign ? foreign.target : writer;

    /// <summary>Whether a text arrives as it is, also on lines of its own: for formats that have no escapes.</summary>
    public static bool Passes(string text)
    {
        using var arrived = new StringWriter();
        Around(arrived).Write(text);
        return arrived.ToString() == text;
    }

    public override void Write(char value) => Write([value]);

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer)
    {
        lock (gate)
            target.Write(Safe(buffer));
    }

    public override void WriteLine() => Write("\n");

    public override void WriteLine(string? value) => Write(value + "\n");

    public override Task WriteAsync(char value) => Done(() => Write(value));

    public override Task WriteAsync(string? value) => Done(() => Write(value));

    public override Task WriteAsync(char[] buffer, int index, int count) => Done(() => Write(buffer, index, count));

    public override Task WriteAsync(ReadOnlyMemory<char> buffer, CancellationToken cancellationToken = default) =>
        Done(() => Write(buffer.Span));

    public override Task WriteLineAsync() => Done(WriteLine);

    public override Task WriteLineAsync(string? value) => Done(() => WriteLine(value));

    public override void Flush() => target.Flush();

    public override Task FlushAsync() => target.FlushAsync();

    /// <summary>The written text, if the target can return it.</summary>
    public override string ToString() => target.ToString() ?? "";

    private static Task Done(Action write)
    {
        write();
        return Task.CompletedTask;
    }

    private string Safe(ReadOnlySpan<char> text)
    {
        var result = new StringBuilder(text.Length + 16);
        while (!text.IsEmpty)
        {
            if (BeginsCommand(text[0]))
            {
                ForeignText.AppendEscape(result, text[0]);
                line.Append('\\');
                text = text[1..];
                continue;
            }
            var before = result.Length;
            text = text[ForeignText.Append(result, text, keepsLines: true)..];
            Remember(result, before);
        }
        return result.ToString();
    }

    /// <summary>Whether this character would complete what a CI takes for one of its commands.</summary>
    private bool BeginsCommand(char next) => next switch
    {
        ':' => line.Length == 1 && line[0] == ':',
        '[' => CommandMarks.Any(EndsWith),
        _ => false,
    };

    private bool EndsWith(string mark)
    {
        if (line.Length < mark.Length)
            return false;
        for (var i = 0; i < mark.Length; i++)
            if (char.ToLowerInvariant(line[line.Length - mark.Length + i]) != mark[i])
                return false;
        return true;
    }

    /// <summary>Keeps the end of the line under way, without the blanks that it begins with.</summary>
    private void Remember(StringBuilder written, int from)
    {
        for (var i = from; i < written.Length; i++)
        {
            if (written[i] == '\n')
                line.Clear();
            else if (line.Length > 0 || !char.IsWhiteSpace(written[i]))
                line.Append(written[i]);
        }
        // Longer than any mark, and than the start of a line that is looked at.
        if (line.Length > 2 * LongestMark)
            line.Remove(0, line.Length - LongestMark);
    }
}
