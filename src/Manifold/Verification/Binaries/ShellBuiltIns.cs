using System.Collections.Immutable;

namespace Manifold.Verification.Binaries;

/// <summary>What a shell does itself, and which commands only ask.</summary>
internal static class ShellBuiltIns
{
    // Done by the shell itself: nothing is started.
    public static readonly ImmutableHashSet<string> Names =
    [
        ".", ":", "[", "[[", "!", "command", "alias", "bg", "cd", "declare",
        "echo", "export", "false", "fg", "getopts", "hash", "jobs", "kill", "let", "local", "printf", "pwd", "read", "readonly", "return",
        "set",
        "shift", "shopt", "source", "test", "times", "trap", "true", "type", "typeset", "ulimit", "umask", "unalias", "unset", "wait",
    ];

    // What && and || ask, more than that they start.
    public static readonly ImmutableHashSet<string> Tests =
        ["[", "[[", "!", "test", "type", "hash", "grep", "which", "cmp", "diff", "command"];

    /// <summary>Whether a command only says something within the shell, and nothing that is looked at here.</summary>
    public static bool HasNoEffect(ShellCommand command) =>
        command.Words[0] is { } name
            && Names.Contains(name)
            && !Tests.Contains(name)
            && name is not ("cd" or "." or "source" or "export" or "set" or "shift");
}
