using System.Collections.Immutable;
using Manifold.Linux;

namespace Manifold.Fetching;

/// <summary>Asks git of a folder that may be anybody's: what its configuration names is not run, and nothing is fetched for it.</summary>
/// <remarks>Programs that a filter names are run by <c>status</c> still.
/// Source: git-config(1), <c>core.fsmonitor</c>, <c>core.hooksPath</c>; git(1), "ENVIRONMENT VARIABLES".</remarks>
internal static class ContextGit
{
    private static readonly ImmutableSortedDictionary<string, string> Environment = ImmutableSortedDictionary<string, string>.Empty
        .Add("GIT_ALLOW_PROTOCOL", "none").Add("GIT_NO_LAZY_FETCH", "1").Add("GIT_OPTIONAL_LOCKS", "0").Add("GIT_TERMINAL_PROMPT", "0");

    /// <summary>
    /// What git prints, without blanks around it;
    /// null where it fails, the folder is no checkout, or git is not installed.
    /// </summary>
    public static async Task<string?> AskAsync(string folder, IEnumerable<string> arguments, CancellationToken cancellation = default)
    {
        var result = await ChildProcess.RunAsync("git",
            ["-C", folder, "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", .. arguments],
            environment: Environment, cancellation: cancellation).ConfigureAwait(false);
        return result is { ExitCode: 0 } ? result.Output.Trim() : null;
    }
}
