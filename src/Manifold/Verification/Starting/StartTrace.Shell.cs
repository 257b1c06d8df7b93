using System.Collections.Immutable;

namespace Manifold.Verification.Starting;

/// <content>Shells: the text of <c>-c</c>, or a script by its path.</content>
internal sealed partial class StartTrace
{
    private static readonly ImmutableHashSet<string> Shells = ["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "hush"];

    // Done by the shell itself: nothing is started.
    private static readonly ImmutableHashSet<string> BuiltIns =
    [
        ".", ":", "[", "alias", "bg", "cd", "declare", "echo", "export", "false", "fg", "getopts", "hash", "jobs", "kill", "let", "local", "printf", "pwd", "read", "readonly", "return",
        "set", "shift", "shopt", "source", "test", "times", "trap", "true", "type", "typeset", "ulimit", "umask", "unalias", "unset", "wait",
    ];

    private static bool IsShell(string name) => Shells.Contains(name);

    private void FollowShell(Launch launch, ImmutableArray<string> arguments)
    {
        var at = 0;
        // -o and -O have a value; -c may stand among others: -ec, -lc
        for (; at < arguments.Length && arguments[at] is ['-' or '+', _, ..] word && word != "--"; at++)
        {
            if (word[0] == '-' && word[1] != '-' && word.Contains('c', StringComparison.Ordinal))
            {
                if (at + 1 < arguments.Length)
                    FollowText(launch, arguments[at + 1], arguments[(at + 2)..]);
                return;
            }
            at += word is "-o" or "+o" or "-O" or "+O" ? 1 : 0;
        }
        if (at < arguments.Length && view.Find(Absolute(arguments[at], launch.Folder)) is { IsFolder: false, Facts: Binaries.ScriptFile script } file && launch.Way[^1].StartsWith("#!", StringComparison.Ordinal) == false)
        {
            foreach (var program in script.Execs)
                Follow(launch.Of([program], $"{file.Path}: exec {program}", certain: false));
            if (script.RunsArguments && at + 1 < arguments.Length)
                Follow(launch.Of(arguments[(at + 1)..], $"{file.Path}: exec \"$@\"", certain: false));
        }
    }

    private void FollowText(Launch launch, string text, ImmutableArray<string> arguments)
    {
        var (commands, whole) = ShellText.Split(text);
        var (certain, folder, plain) = (true, launch.Folder, whole && !commands.IsEmpty);
        foreach (var command in commands)
        {
            // Whether the right side of || runs depends on the left.
            certain &= command.Before != "||";
            var (words, replaces) = WithoutPrefix(command.Words);
            if (words is [])
                continue;
            if (words is [{ } name, ..] && BuiltIns.Contains(name))
            {
                (certain, folder) = AfterBuiltIn(name, words, certain, folder);
                continue;
            }
            if (words[0] is "exit" or "eval")
                (plain, replaces) = (plain && words[0] == "exit", words[0] == "exit");
            else if (words is [null, ..])
                plain &= FollowArguments(launch, text, arguments);
            else
                Follow((launch with { Folder = folder }).Of(Known(words), $"\"{(text.Length > 60 ? text[..59] + "…" : text)}\"", certain));
            if (replaces)
                break;
        }
        if (!plain && launch.Certain)
            Tell(FindingId.UncertainEntrypoint, FindingSeverity.Note, $"what the shell starts is only decided when it runs: {(text.Length > 100 ? text[..99] + "…" : text)}", launch);
    }

    /// <summary><c>sh -c 'exec "$@"' sh program …</c>: the words after the first, which is <c>$0</c>.</summary>
    private bool FollowArguments(Launch launch, string text, ImmutableArray<string> arguments)
    {
        if (!text.Contains("\"$@\"", StringComparison.Ordinal) || arguments.Length < 2)
            return false;
        Follow(launch.Of(arguments[1..], "\"$@\""));
        return true;
    }

    /// <summary>Takes <c>exec</c> and <c>command</c> away; whether nothing after this command can run.</summary>
    private static (ImmutableArray<string?> Words, bool Replaces) WithoutPrefix(ImmutableArray<string?> words)
    {
        var replaces = words[0] == "exec";
        if (words[0] is not ("exec" or "command"))
            return (words, false);
        var at = 1;
        for (; at < words.Length && words[at] is ['-', ..] option; at++)
            at += option == "-a" ? 1 : 0;
        return (at < words.Length ? words[at..] : [], replaces && at < words.Length);
    }

    private static (bool Certain, string Folder) AfterBuiltIn(string name, ImmutableArray<string?> words, bool certain, string folder) => name switch
    {
        "cd" when words is [_, { } target] => (certain, Absolute(target, folder)),
        "cd" => (false, folder),
        // A sourced file or another PATH may change what names mean.
        "." or "source" => (false, folder),
        "export" when words.Any(word => word is null || word.StartsWith("PATH=", StringComparison.Ordinal)) => (false, folder),
        _ => (certain, folder),
    };

    private static ImmutableArray<string> Known(ImmutableArray<string?> words) => [.. words.TakeWhile(word => word is not null).Select(word => word!)];
}
