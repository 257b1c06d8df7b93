using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Linux;
using Manifold.Publishing.Referrers;
using Manifold.Text;

namespace Manifold.Projects;

/// <summary>A component's source cannot be brought to where it belongs.</summary>
internal sealed class SourceCheckoutException(string message) : ManifoldException(message)
{
    public override int ExitCode => 1;
}

/// <summary>What a checkout came to.</summary>
/// <param name="Commit">What hooks and build find in the folder; null where it is no checkout of git's.</param>
/// <param name="Version"><c>git describe --tags</c>; null where no tag leads to the commit.</param>
internal sealed record CheckedOutSource(string? Commit, string? Version);

/// <summary>Brings a component's source to its commit, with the git that is installed.</summary>
/// <remarks>
/// 1. clone, where the folder is not there; beside it first, so that a killed clone leaves no folder that looks whole
/// 2. fetch, unless the commit is named by its hash and there already
/// 3. check out, detached; changed files and new ones go, ignored ones stay
/// 4. describe
/// Idempotent: a folder at its commit is not touched, and the network is not asked. Writes to one folder must not overlap.
/// Git's own ways to authenticate apply, except that it never asks on the terminal.
/// </remarks>
internal static partial class GitCheckout
{
    private static readonly ImmutableSortedDictionary<string, string> Environment =
        ImmutableSortedDictionary<string, string>.Empty.Add("GIT_TERMINAL_PROMPT", "0").Add("LC_ALL", "C");

    /// <exception cref="SourceCheckoutException">git failed, or the folder is in the way.</exception>
    /// <exception cref="HostNotReadyException">git is not installed.</exception>
    public static async Task<CheckedOutSource> PrepareAsync(SourceCheckout checkout, CancellationToken cancellation = default)
    {
        if (checkout.Repository is not { } repository)
            return await DescribeAsync(checkout, cancellation).ConfigureAwait(false);
        var isNew = !Directory.Exists(checkout.Folder) || !Directory.EnumerateFileSystemEntries(checkout.Folder).Any();
        if (isNew)
            await CloneAsync(checkout, repository, cancellation).ConfigureAwait(false); // 1
        else if (!Path.Exists(Path.Combine(checkout.Folder, ".git")))
            throw new SourceCheckoutException($"{checkout.Place}: '{checkout.Folder}' is not a checkout of {Shown(repository)}, and its "
                + "files would be lost. Move the folder, and run the command again to clone the repository.");
        var commit = await FindAsync(checkout, repository, isNew, cancellation).ConfigureAwait(false); // 2
        await GitAsync(checkout, ["checkout", "--quiet", "--force", "--detach", commit], cancellation).ConfigureAwait(false); // 3
        await GitAsync(checkout, ["clean", "--quiet", "-ffd"], cancellation).ConfigureAwait(false);
        return await DescribeAsync(checkout, cancellation).ConfigureAwait(false); // 4
    }

    private static async Task CloneAsync(SourceCheckout checkout, string repository, CancellationToken cancellation)
    {
        var partial = checkout.Folder + ".partial";
        FileTree.Delete(partial);
        await RunAsync(checkout, ["clone", "--quiet", "--no-checkout", "--", repository, partial], cancellation).ConfigureAwait(false);
        FileTree.Delete(checkout.Folder);
        Directory.Move(partial, checkout.Folder);
    }

    private static async Task<string> FindAsync(SourceCheckout checkout, string repository, bool isNew, CancellationToken cancellation)
    {
        var wanted = checkout.Commit ?? "HEAD";
        if (HashPattern().IsMatch(wanted) && await ResolveAsync(checkout, [wanted], cancellation).ConfigureAwait(false) is { } present)
            return present;
        if (!isNew)
            await GitAsync(checkout,
                ["fetch", "--quiet", "--force", "--tags", "--", repository, "+refs/heads/*:refs/remotes/origin/*", "HEAD"],
                cancellation).ConfigureAwait(false);
        string[] names = checkout.Commit is not null ? ["refs/remotes/origin/" + wanted, "refs/tags/" + wanted, wanted]
            : isNew ? ["HEAD"]
            : ["FETCH_HEAD"];
        if (await ResolveAsync(checkout, names, cancellation).ConfigureAwait(false) is { } found)
            return found;
        // A commit that no branch and no tag leads to any more is handed out by its hash, by servers that allow it.
        string[] fetch = ["fetch", "--quiet", "--", repository, wanted];
        if (HashPattern().IsMatch(wanted) && await TryGitAsync(checkout, fetch, cancellation).ConfigureAwait(false) is { ExitCode: 0 })
            return wanted;
        throw new SourceCheckoutException($"{checkout.Place}: {Shown(repository)} has no commit, tag or branch '{wanted}'.");
    }

    private static async Task<string?> ResolveAsync(SourceCheckout checkout, string[] names, CancellationToken cancellation)
    {
        foreach (var name in names)
        {
            string[] parse = ["rev-parse", "--quiet", "--verify", "--end-of-options", name + "^{commit}"];
            if (await TryGitAsync(checkout, parse, cancellation).ConfigureAwait(false) is { ExitCode: 0 } found)
                return found.Output.Trim();
        }
        return null;
    }

    private static async Task<CheckedOutSource> DescribeAsync(SourceCheckout checkout, CancellationToken cancellation)
    {
        if (!Path.Exists(Path.Combine(checkout.Folder, ".git")))
            return new CheckedOutSource(null, null);
        var version = await TryGitAsync(checkout, ["describe", "--tags"], cancellation).ConfigureAwait(false);
        return new CheckedOutSource(await ResolveAsync(checkout, ["HEAD"], cancellation).ConfigureAwait(false),
            version.ExitCode == 0 ? version.Output.Trim() : null);
    }

    private static async Task GitAsync(SourceCheckout checkout, string[] arguments, CancellationToken cancellation) =>
        ThrowIfFailed(checkout, arguments, await TryGitAsync(checkout, arguments, cancellation).ConfigureAwait(false));

    /// <summary>
    /// Both folders are named, or git would look for a repository in the folders above, and in variables of whoever called us.
    /// </summary>
    private static Task<ChildProcess.Result> TryGitAsync(SourceCheckout checkout, string[] arguments, CancellationToken cancellation) =>
        TryRunAsync(["--git-dir", Path.Combine(checkout.Folder, ".git"), "--work-tree", checkout.Folder, .. arguments],
            checkout.Folder, cancellation);

    private static async Task RunAsync(SourceCheckout checkout, string[] arguments, CancellationToken cancellation) =>
        ThrowIfFailed(
            checkout, arguments, await TryRunAsync(arguments, Path.GetDirectoryName(checkout.Folder)!, cancellation).ConfigureAwait(false));

    private static async Task<ChildProcess.Result> TryRunAsync(string[] arguments, string folder, CancellationToken cancellation) =>
        await ChildProcess.RunAsync(
            "git", ["-C", folder, .. arguments], environment: Environment, cancellation: cancellation).ConfigureAwait(false)
        ?? throw new HostNotReadyException("git is needed to check out the source of a component, but it is not installed. Install it: "
            + "apt-get install git");

    private static void ThrowIfFailed(SourceCheckout checkout, string[] arguments, ChildProcess.Result result)
    {
        if (result.ExitCode != 0)
            throw new SourceCheckoutException($"{checkout.Place}: git {arguments[0]} of {Shown(checkout.Repository!)}"
                + $" failed: {AddressSecrets.Without(result.Error.Trim())}");
    }

    private static string Shown(string repository) => GitCommit.WithoutCredentials(repository) ?? AddressSecrets.Without(repository);

    [GeneratedRegex(@"^(?:[0-9a-f]{40}|[0-9a-f]{64})\z")]
    private static partial Regex HashPattern();
}
