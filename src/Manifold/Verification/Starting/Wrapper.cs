using System.Collections.Immutable;
using Manifold.Verification.Binaries;

namespace Manifold.Verification.Starting;

/// <summary>Programs that start another one, which stands in their arguments: init processes, changers of user and environment.</summary>
/// <param name="WithValue">Options whose value is the next word; all others stand alone or carry it after <c>=</c>.</param>
/// <param name="Positionals">Words before the program: a user, a duration.</param>
/// <param name="Assignments">Whether <c>NAME=value</c> may stand before the program.</param>
internal sealed record Wrapper(ImmutableArray<string> WithValue, int Positionals = 0, bool Assignments = false)
{
    private static readonly ImmutableDictionary<string, Wrapper> Known = new Dictionary<string, Wrapper>
    {
        ["tini"] = new(["-p", "-e"]),
        ["tini-static"] = new(["-p", "-e"]),
        ["docker-init"] = new(["-p", "-e"]),
        ["dumb-init"] = new(["-r", "--rewrite"]),
        ["catatonit"] = new([]),
        ["gosu"] = new([], Positionals: 1),
        ["su-exec"] = new([], Positionals: 1),
        ["setuidgid"] = new([], Positionals: 1),
        ["s6-setuidgid"] = new([], Positionals: 1),
        ["with-contenv"] = new([]),
        ["fdmove"] = new([], Positionals: 2),
        ["chpst"] = new(["-u", "-U", "-b", "-e", "-/", "-C", "-n", "-l", "-L", "-m", "-d", "-o", "-p", "-f", "-c", "-r", "-t"]),
        ["setpriv"] = new(["--reuid", "--regid", "--groups",
            "--inh-caps", "--ambient-caps", "--bounding-set", "--securebits", "--pdeathsig", "--selinux-label", "--apparmor-profile"]),
        ["env"] = new(["-u", "--unset", "-C", "--chdir"], Assignments: true),
        ["nice"] = new(["-n", "--adjustment"]),
        ["ionice"] = new(["-c", "--class", "-n", "--classdata"]),
        ["nohup"] = new([]),
        ["setsid"] = new([]),
        ["stdbuf"] = new(["-i", "--input", "-o", "--output", "-e", "--error"]),
        ["timeout"] = new(["-s", "--signal", "-k", "--kill-after"], Positionals: 1),
        ["taskset"] = new([], Positionals: 1),
        ["linux32"] = new([]),
    }.ToImmutableDictionary(StringComparer.Ordinal);

    /// <summary>What a program starts in its turn, or nothing where it is no wrapper or has nothing to start.</summary>
    /// <param name="name">The program's name without folders, as it was called.</param>
    public static ImmutableArray<string> Inner(string name, ImmutableArray<string> arguments)
    {
        if (!Known.TryGetValue(name, out var wrapper))
            return [];
        if (name == "env" && SplitOption(arguments) is { IsEmpty: false } split)
            return wrapper.Skip(split);
        return wrapper.Skip(arguments);
    }

    private ImmutableArray<string> Skip(ImmutableArray<string> arguments)
    {
        var at = 0;
        for (var positionals = Positionals; at < arguments.Length; at++)
        {
            var word = arguments[at];
            if (word == "--")
            {
                at += 1 + positionals;
                break;
            }
            if (word.Length > 1 && word[0] == '-')
                at += WithValue.Contains(word) ? 1 : 0;
            else if (!(Assignments && word.Contains('=', StringComparison.Ordinal)) && positionals-- <= 0)
                break;
        }
        return at < arguments.Length ? arguments[at..] : [];
    }

    /// <summary><c>env -S "program argument"</c>: one word that env splits; <c>#!</c> lines need it to hand over several.</summary>
    private static ImmutableArray<string> SplitOption(ImmutableArray<string> arguments)
    {
        if (arguments is not [var first, ..]
            || !(first.StartsWith("-S", StringComparison.Ordinal) || first.StartsWith("--split-string", StringComparison.Ordinal)))
            return [];
        var text = first switch
        {
            "-S" or "--split-string" => arguments.Length > 1 ? arguments[1] : "",
            _ when first[1] == 'S' => first[2..],
            _ => first[(first.IndexOf('=', StringComparison.Ordinal) + 1)..],
        };
        var split = ShellText.Split(text).Commands;
        var inner = split.IsEmpty ? [] : split[0].Words.OfType<string>().ToImmutableArray();
        return inner.IsEmpty ? [] : [.. inner, .. arguments[(first is "-S" or "--split-string" ? 2 : 1)..]];
    }
}
