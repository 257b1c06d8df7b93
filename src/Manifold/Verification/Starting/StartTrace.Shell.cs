using System.Collections.Immutable;
using Manifold.Verification.Binaries;
using Manifold.Verification.Findings;

namespace Manifold.Verification.Starting;

/// <content>Shells: the text of <c>-c</c>, or a script by its path.</content>
internal sealed partial class StartTrace
{
    private static readonly ImmutableHashSet<string> Shells = ["sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "hush"];

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
        if (at < arguments.Length
            && view.Find(Absolute(arguments[at], launch.Folder)) is { IsFolder: false, Facts: ScriptFile script } file)
            FollowCommands(launch with { Scripted = true }, script.Commands, arguments[(at + 1)..], file.Path);
    }

    private void FollowText(Launch launch, string text, ImmutableArray<string> arguments)
    {
        var (commands, whole) = ShellText.Split(text);
        // The word after the text is $0.
        var plain = FollowCommands(
            launch, commands, arguments.IsEmpty ? [] : arguments[1..], $"\"{(text.Length > 60 ? text[..59] + "…" : text)}\"");
        if (!(plain && whole && !commands.IsEmpty) && launch.Certain)
            Tell((FindingId.UncertainEntrypoint, FindingSeverity.Note),
                $"the shell decides at run time what it starts: {(text.Length > 100 ? text[..99] + "…" : text)}", launch);
    }

    /// <summary>Follows commands one after the other; whether each of them was plain.</summary>
    /// <param name="arguments">What <c>"$@"</c> stands for.</param>
    private bool FollowCommands(Launch launch, ImmutableArray<ShellCommand> commands, ImmutableArray<string>? arguments, string step)
    {
        var (certain, folder, plain, maybe, test) = (true, launch.Folder, true, false, false);
        foreach (var command in commands)
        {
            // The right side of || runs only where the left failed; that of && where a test said so.
            maybe = command.Before switch { "||" => true, "&&" => maybe || test, _ => false };
            var (words, replaces) = WithoutPrefix([.. command.Words.SelectMany(word => Expanded(word, arguments))]);
            test = words is [] or [null, ..] || ShellBuiltIns.Tests.Contains(words[0]!);
            if (words is [])
                continue;
            if (words[0] is "set" or "shift")
                arguments = command.Inner ? arguments : AfterSet(words, arguments);
            else if (words[0] is { } name && ShellBuiltIns.Names.Contains(name))
                (certain, folder) = AfterBuiltIn(name, words, certain, folder);
            else if (words[0] is null or "eval" or ['-', ..])
                plain = false;
            else if (words[0] is not "exit")
                Follow((launch with
                {
                    Folder = folder,
                    OtherPath = launch.OtherPath
                        || !certain,
                    Later = [.. words.SkipWhile(word => word is not null).OfType<string>()],
                }).Of(Known(words), step, (certain
                    || words[0] is ['/', ..]) && !maybe && !command.Inner));
            if ((replaces || words[0] is "exit") && !maybe && !command.Inner && command.Before != "&&")
                break;
        }
        return plain;
    }

    private IEnumerable<string?> Expanded(string? word, ImmutableArray<string>? arguments) => word switch
    {
        ShellText.Arguments => arguments is { } all ? all : new string?[] { null },
        not null when word.Contains(ShellText.Variable, StringComparison.Ordinal) => [WithVariables(word)],
        _ => [word],
    };

    /// <summary>
    /// The word with the values that the image's ENV gives; null where it does not give them all, or the shell might split them.
    /// </summary>
    private string? WithVariables(string word)
    {
        var parts = word.Split(ShellText.Variable); // text, name, text, name … text
        for (var i = 1; i < parts.Length; i += 2)
        {
            if (Variable(config, parts[i]) is not { Length: > 0 } value || value.Any(char.IsWhiteSpace))
                return null;
            parts[i] = value;
        }
        return string.Concat(parts);
    }

    /// <summary>The arguments after <c>set -- a b</c> or <c>shift</c>; null where they are not known.</summary>
    private static ImmutableArray<string>? AfterSet(ImmutableArray<string?> words, ImmutableArray<string>? arguments) => words switch
    {
        ["set", "--", .. var rest] => rest.Contains(null) ? null : Known(rest),
        ["set", ['-' or '+', ..], ..] or ["set"] => arguments,
        ["shift"] when arguments is { IsEmpty: false } all => all[1..],
        _ => null,
    };

    /// <summary>Takes <c>exec</c> and <c>command</c> away; whether nothing after this command can run.</summary>
    private static (ImmutableArray<string?> Words, bool Replaces) WithoutPrefix(ImmutableArray<string?> words)
    {
        var replaces = words is ["exec", ..];
        // command -v only asks
        if (words is [] || words[0] is not ("exec" or "command") || words is ["command", "-v" or "-V", ..])
            return (words, false);
        var at = 1;
        for (; at < words.Length && words[at] is ['-', ..] option; at++)
            at += option == "-a" ? 1 : 0;
        return (at < words.Length ? words[at..] : [], replaces && at < words.Length);
    }

    private static (bool Certain, string Folder) AfterBuiltIn(string name, ImmutableArray<string?> words, bool certain, string folder) =>
        name switch
        {
            "cd" when words is [_, { } target] => (certain, Absolute(target, folder)),
            "cd" => (false, folder),
            // A sourced file or another PATH may change what names mean.
            "." or "source" => (false, folder),
            "export" when words.Any(word => word is null || word.StartsWith("PATH=", StringComparison.Ordinal)) => (false, folder),
            _ => (certain, folder),
        };

    private static ImmutableArray<string> Known(ImmutableArray<string?> words) =>
        [.. words.TakeWhile(word => word is not null).Select(word => word!)];
}
