using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Nodes.Ssh;

/// <summary>The first questions to a host, as a shell script, and how to read the answers.</summary>
/// <remarks>
/// The script is sent to the standard input of <c>sh</c>, so the login shell doesn't matter. It works with dash, bash, and BusyBox. Each
/// answer is a line that starts with a mark, because login scripts may print texts of their own. At the end, the script waits for the end
/// of its input, which keeps the session open: if we are killed, it ends.
/// </remarks>
/// <param name="mark">A word that nobody else prints.</param>
internal sealed partial class HostProbe(string mark)
{
    private const long LatestTime = 253_402_300_799; // the last second of the year 9999

    /// <summary>The command that reads the script.</summary>
    public const string Command = "sh";

    private const string Questions = """
        LC_ALL=C; export LC_ALL
        say() { printf '%s %s=%s\n' MARK "$1" "$2"; }
        has() { command -v "$1" >/dev/null 2>&1 && say tool "$1"; }
        echo
        say os "$(uname -s)"
        say machine "$(uname -m)"
        say kernel "$(uname -r)"
        say user "$(id -u)"
        say home "$HOME"
        say time "$(date +%s)"
        has gzip
        say library "$(getconf GNU_LIBC_VERSION 2>/dev/null)"
        for each in /lib64/ld-linux-x86-64.so.2 /lib/ld-linux-aarch64.so.1 /lib/ld-musl-*.so.1; do
          [ ! -e "$each" ] || say loader "$each"
        done
        folder=FOLDER
        if [ -z "$folder" ]; then
          case ${XDG_CACHE_HOME:-} in /*) folder=$XDG_CACHE_HOME/manifold ;; *) folder=$HOME/.cache/manifold ;; esac
        fi
        say folder "$folder"
        umask 077
        trial=$folder/programs/.trial-MARK
        if problem=$(mkdir -p "$folder/programs" 2>&1) &&
          problem=$({ printf '#!/bin/sh\nexit 0\n' >"$trial" && chmod 700 "$trial"; } 2>&1); then
          "$trial" >/dev/null 2>&1 || say noexec yes
        else
          say unwritable "$problem"
        fi
        rm -f "$trial" 2>/dev/null
        say disk "$(df -Pk "$folder" 2>/dev/null | tail -n 1)"
        for each in "$folder"/programs/*/manifold; do
          [ ! -x "$each" ] || say program "$each"
        done
        say end yes
        exec cat >/dev/null

        """;

    /// <summary>Whether the last answer is there.</summary>
    public bool IsComplete(string answers) => answers.Contains($"\n{mark} end=yes\n", StringComparison.Ordinal);

    /// <param name="folder">The folder for the program and the store; null for the default of the account.</param>
    public string Script(string? folder) => Questions.ReplaceLineEndings("\n")
        .Replace("MARK", mark, StringComparison.Ordinal)
        .Replace("FOLDER", ShellWord.Quote(folder ?? ""), StringComparison.Ordinal);

    /// <summary>Reads the answers.</summary>
    /// <returns>Null if something essential is missing: it was not a shell that answered.</returns>
    public HostProfile? Read(string text)
    {
        var answers = text.Split('\n').Where(line => line.StartsWith(mark + " ", StringComparison.Ordinal))
            .Select(line => line[(mark.Length + 1)..].Split('=', 2))
            .Where(parts => parts.Length == 2)
            .ToLookup(parts => parts[0], parts => parts[1].Trim());
        if (answers["os"].FirstOrDefault() is not { Length: > 0 } os
            || answers["machine"].FirstOrDefault() is not { Length: > 0 } machine
            || answers["folder"].FirstOrDefault() is not { Length: > 0 } folder)
            return null;
        return new HostProfile
        {
            Os = os,
            Machine = machine,
            Kernel = answers["kernel"].FirstOrDefault(""),
            Library = LibraryOf(answers["library"].FirstOrDefault(""), answers["loader"]),
            Loaders = [.. answers["loader"]],
            UserId = Number(answers["user"].FirstOrDefault()) ?? -1,
            Home = answers["home"].FirstOrDefault(""),
            Folder = folder,
            WriteProblem = answers["unwritable"].FirstOrDefault(),
            CanExecute = !answers["noexec"].Any(),
            FreeBytes = FreeBytesOf(answers["disk"].FirstOrDefault("")),
            Time = Math.Min(Number(answers["time"].FirstOrDefault()) ?? 0, LatestTime),
            HasGzip = answers["tool"].Contains("gzip"),
            Programs = [.. answers["program"].Select(DigestOf).OfType<Digest>()],
        };
    }

    // musl's getconf does not know GNU_LIBC_VERSION.
    private static string LibraryOf(string version, IEnumerable<string> loaders) =>
        version.Length > 0 ? version : loaders.Any(loader => loader.Contains("/ld-musl-", StringComparison.Ordinal)) ? "musl" : "";

    private static long? FreeBytesOf(string line) =>
        DiskPattern().Match(line) is { Success: true } match ? Number(match.Groups["free"].Value) * 1024 : null;

    // FOLDER/programs/DIGEST/manifold
    private static Digest? DigestOf(string path) =>
        path.Split('/') is [.., var hex, _] && Digest.TryParse("sha256:" + hex, out var digest) ? digest : null;

    private static long? Number(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    // POSIX.1-2024, df -P: the file system's name, blocks, used, available, percentage, and mount point, each after a space.
    [GeneratedRegex(@"\s[0-9]+\s+[0-9]+\s+(?<free>[0-9]{1,15})\s+[0-9]+%\s", RegexOptions.ExplicitCapture)]
    private static partial Regex DiskPattern();
}
