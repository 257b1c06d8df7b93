using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using Manifold.Linux;

namespace Manifold.Verification.Binaries;

/// <summary>A file that begins with <c>#!</c>: the program that the kernel starts for it, and what a shell script hands over to.</summary>
/// <param name="Interpreter">As it stands in the line; a carriage return at its end is part of it, as it is for the kernel.</param>
/// <param name="Argument">All that follows the interpreter, one argument for the kernel; null where nothing does.</param>
public sealed partial record ScriptFile(string Interpreter, string? Argument) : FileFacts
{
    private const int KernelReads = 256, MostBytes = 64 * 1024; // BINPRM_BUF_SIZE; the scripts that start images are a few kilobytes

    /// <summary>Programs that the script names after <c>exec</c> by an absolute path. Whether it gets there is not known.</summary>
    public ImmutableArray<string> Execs { get; init; } = [];

    /// <summary>The script ends in its own arguments (<c>exec "$@"</c>), as start scripts do that prepare and then run CMD.</summary>
    public bool RunsArguments { get; init; }

    internal static ScriptFile? Read(ByteWindow window)
    {
        var start = window.Start[..Math.Min(window.Start.Length, KernelReads)];
        var end = start.IndexOf((byte)'\n');
        var line = FileName.Decode(start[2..(end < 0 ? start.Length : end)]).Trim(' ', '\t');
        if (line.Length == 0 || line.Contains('\0', StringComparison.Ordinal))
            return null;
        var blank = line.IndexOfAny([' ', '\t']);
        var script = blank < 0 ? new ScriptFile(line, null) : new ScriptFile(line[..blank], line[blank..].Trim(' ', '\t'));
        return line.Contains("sh", StringComparison.Ordinal) ? script.WithCommands(Text(window)) : script;
    }

    private static string Text(ByteWindow window)
    {
        var text = new StringBuilder();
        Span<byte> piece = stackalloc byte[1024];
        // Whole pieces, then halves of one, which find the end.
        for (var size = piece.Length; size > 0 && text.Length < MostBytes;)
        {
            if (window.TryRead(text.Length, piece[..size]))
                text.Append(Encoding.Latin1.GetString(piece[..size]));
            else
                size /= 2;
        }
        return text.ToString();
    }

    private ScriptFile WithCommands(string text) => this with
    {
        RunsArguments = RunArguments().IsMatch(text),
        Execs = [.. ExecOfPath().Matches(text).Select(match => match.Groups[1].Value).Distinct().Take(16)],
    };

    public bool Equals(ScriptFile? other) => other is not null && (Interpreter, Argument, RunsArguments) == (other.Interpreter, other.Argument, other.RunsArguments) && Execs.SequenceEqual(other.Execs);

    public override int GetHashCode() => HashCode.Combine(Interpreter, Argument);

    [GeneratedRegex(@"^[^#\n]*""\$@""", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex RunArguments();

    [GeneratedRegex(@"^[ \t]*exec[ \t]+(/[A-Za-z0-9_./+-]+)(?:[ \t;]|$)", RegexOptions.Multiline)]
    private static partial Regex ExecOfPath();
}
