using System.Collections.Immutable;
using Manifold.Linux;

namespace Manifold.Verification.Binaries;

/// <summary>A file that begins with <c>#!</c>: the program that the kernel starts for it, and what a shell script hands over to.</summary>
/// <param name="Interpreter">As it stands in the line; a carriage return at its end is part of it, as it is for the kernel.</param>
/// <param name="Argument">All that follows the interpreter, one argument for the kernel; null where nothing does.</param>
internal sealed record ScriptFile(string Interpreter, string? Argument) : FileFacts
{
    private const int MostCommands = 32, MostWords = 64;
    private const int KernelReads = 256, MostBytes = 64 * 1024; // BINPRM_BUF_SIZE; the scripts that start images are a few kilobytes

    /// <summary>
    /// What a shell script starts, as far as it is plain, and what it does before that changes how; none for other scripts.
    /// </summary>
    public ImmutableArray<ShellCommand> Commands { get; init; } = [];

    internal static ScriptFile? Read(ByteWindow window)
    {
        var start = window.Start[..Math.Min(window.Start.Length, KernelReads)];
        var end = start.IndexOf((byte)'\n');
        var line = FileName.Decode(start[2..(end < 0 ? start.Length : end)]).Trim(' ', '\t');
        if (line.Length == 0 || line.Contains('\0', StringComparison.Ordinal))
            return null;
        var blank = line.IndexOfAny([' ', '\t']);
        var script = blank < 0 ? new ScriptFile(line, null) : new ScriptFile(line[..blank], line[blank..].Trim(' ', '\t'));
        return line.Contains("sh", StringComparison.Ordinal) ? script.WithCommands(window.Text(MostBytes)) : script;
    }

    private ScriptFile WithCommands(string text) =>
        this with { Commands = [.. ShellText.Split(text).Commands.Where(Counts).Take(MostCommands)] };

    // Within a compound command only what takes the script's place is worth a guess.
    private static bool Counts(ShellCommand command) => command.Words.Length <= MostWords
        && (command.Inner ? command.Words[0] is "exec" or ShellText.Arguments : !ShellBuiltIns.HasNoEffect(command));

    public bool Equals(ScriptFile? other) =>
        other is not null && (Interpreter, Argument) == (other.Interpreter, other.Argument) && Commands.SequenceEqual(other.Commands);

    public override int GetHashCode() => HashCode.Combine(Interpreter, Argument);
}
