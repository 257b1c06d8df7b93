namespace Manifold.Dockerfile.Checks;

/// <summary>What a RUN says to whoever runs it, as text to look for words in.</summary>
internal static class CommandText
{
    /// <summary>The command with its heredocs; lines that are comments of a script are left out.</summary>
    public static string Of(RunInstruction run) => run.Heredocs.IsEmpty
        ? string.Join(' ', run.Command.Words)
        : string.Join('\n', run.ShellText.Split('\n').Where(line => !line.TrimStart().StartsWith('#')));
}
