using System.Collections.Immutable;
using System.Globalization;
using Manifold.Content;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Fetching;

/// <summary>A commit's files, in the store.</summary>
/// <param name="Folder">The folder that was asked for; stays as it is for as long as the store's shared lock is held.</param>
/// <param name="Commit">The hash that the ref came to.</param>
/// <param name="Time">When it was committed, in seconds since 1970.</param>
internal sealed record FetchedCommit(string Folder, string Commit, long? Time);

/// <summary>Checks commits out, each once, with the git that is installed.</summary>
/// <remarks>
/// <code>
/// address    1  the ref's commit        ls-remote, unless it is a hash; tags before branches, as git has it
///            2  there already           the network is not touched any more
///            3  fetch that commit       depth 1; the whole history only from servers that give no single commit
///            4  check out, submodules   into a folder beside, which gets its name when it is whole
/// </code>
/// Files are 0644 or 0755 whatever the account's mask is. Thread-safe, and between processes. Git's own ways to authenticate apply, except
/// that it never asks.
/// </remarks>
/// <param name="credentials">What http(s) servers are told besides.</param>
internal sealed class GitFetcher(Store store, GitCredentials credentials)
{
    private const int Sha256Length = 64;

    private static readonly ImmutableSortedDictionary<string, string> Environment = ImmutableSortedDictionary<string, string>.Empty
        .Add("GIT_TERMINAL_PROMPT", "0").Add("LC_ALL", "C")
        .Add("GIT_DEFAULT_HASH", "sha1"); // the account may have another default; git before 2.29 does not know it

    // Behind what our caller may have said himself; the shell does it without another process, so no argument has the header.
    private const string Configuring = "if [ -n \"$MANIFOLD_GIT_HEADER\" ]; then n=${GIT_CONFIG_COUNT:-0}; "
        + "export \"GIT_CONFIG_KEY_$n=$MANIFOLD_GIT_SCOPE\" \"GIT_CONFIG_VALUE_$n=$MANIFOLD_GIT_HEADER\" GIT_CONFIG_COUNT=$((n+1)); "
        + "unset MANIFOLD_GIT_SCOPE MANIFOLD_GIT_HEADER; fi; ";

    /// <param name="keepGitFolder">Whether <c>.git</c> stays beside the files.</param>
    /// <exception cref="FetchException">The repository, the ref or the folder is not there.</exception>
    /// <exception cref="HostNotReadyException">git is not installed.</exception>
    public async Task<FetchedCommit> FetchAsync(GitAddress address, bool keepGitFolder, CancellationToken cancellation)
    {
        if (address.Fault is { } fault)
            throw new FetchException($"{address}: {fault}.");
        var root = Directory.CreateDirectory(Path.Combine(store.Layout.GitSources.Path, Digest.Of(address.Remote).Hex)).FullName;
        keepGitFolder = address.KeepGitFolder ?? keepGitFolder;
        // 1
        var (commit, name) = address.IsPinned ? (Expected(address, address.Ref!, null), address.Ref!)
            : await FindAsync(address, cancellation).ConfigureAwait(false);
        var folder = Path.Combine(root, $"{commit}{(address.Submodules ? "" : ".plain")}{(keepGitFolder ? ".git" : "")}");
        using (await SourceLock.TakeAsync(folder + ".lock", cancellation).ConfigureAwait(false))
        {
            // 2
            if (!Directory.Exists(folder) || SourceTime.Read(folder) is null)
                await CheckOutAsync(address, (commit, name), folder, keepGitFolder, cancellation).ConfigureAwait(false);
        }
        return new FetchedCommit(Below(address, folder), commit, SourceTime.Read(folder));
    }

    private async Task<(string Commit, string Name)> FindAsync(GitAddress address, CancellationToken cancellation)
    {
        var wanted = address.Ref ?? "HEAD";
        var listed = Succeeded(address, await TryGitAsync(address,
            "/", ["ls-remote", "--", address.Remote, wanted, wanted + "^{}"], cancellation).ConfigureAwait(false));
        var refs = listed.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('\t'))
            .Where(line => line.Length == 2)
            .ToDictionary(line => line[1], line => line[0], StringComparer.Ordinal);
        // What a tag points to, not the tag's own object.
        foreach (var name in new[] { $"refs/tags/{wanted}^{{}}", $"refs/tags/{wanted}", $"refs/heads/{wanted}", $"{wanted}^{{}}", wanted })
            if (refs.TryGetValue(name, out var commit))
            {
                var plain = name.EndsWith("^{}", StringComparison.Ordinal) ? name[..^3] : name;
                return (Expected(address, commit, refs.GetValueOrDefault(plain)), plain);
            }
        throw new FetchException($"{address}: the repository has no branch or tag '{wanted}'. To use a commit, write its full hash.");
    }

    /// <summary>The commit, where it is the one that the checksum wants; a tag's own object may be wanted as well.</summary>
    private static string Expected(GitAddress address, string commit, string? tag)
    {
        if (address.Checksum is not { } checksum)
            return commit;
        if (new[] { commit, tag }.Any(hash => hash?.StartsWith(checksum, StringComparison.OrdinalIgnoreCase) is true))
            return commit;
        throw new FetchException($"{address}: the commit is {commit}, but the checksum says {checksum}. "
            + $"Either '{address.Ref ?? "HEAD"}' was moved, or the checksum is for another version. "
            + "Find out which before you change the checksum.");
    }

    private async Task CheckOutAsync(
        GitAddress address, (string Commit, string Name) wanted, string folder, bool keepGitFolder, CancellationToken cancellation)
    {
        var partial = folder + ".partial";
        FileTree.Delete(partial);
        Directory.CreateDirectory(partial);
        async Task<string> Git(params string[] arguments) =>
            Succeeded(address, await TryGitAsync(address, partial, arguments, cancellation).ConfigureAwait(false));
        async Task<bool> TryFetchAsync(string wish)
        {
            string[] arguments = ["fetch", "--quiet", "--depth", "1", "--no-tags", "origin", wish];
            return (await TryGitAsync(address, partial, arguments, cancellation).ConfigureAwait(false)).ExitCode == 0;
        }
        // A repository's hashes are all of one kind, and one of the other kind cannot fetch from it.
        await Git(wanted.Commit.Length == Sha256Length ? ["init", "--quiet", "--object-format=sha256"] : ["init", "--quiet"])
            .ConfigureAwait(false);
        await Git("remote", "add", "origin", address.Remote).ConfigureAwait(false);
        // 3
        if (!await TryFetchAsync(wanted.Commit).ConfigureAwait(false)
            && (address.IsPinned || !await TryFetchAsync(wanted.Name).ConfigureAwait(false)))
            await Git("fetch", "--quiet", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*").ConfigureAwait(false);
        // 4
        await Git("checkout", "--quiet", "--detach", wanted.Commit).ConfigureAwait(false);
        if (address.Submodules && File.Exists(Path.Combine(partial, ".gitmodules")))
            await Git("submodule", "--quiet", "update", "--init", "--recursive", "--depth", "1").ConfigureAwait(false);
        var time = await Git("show", "--no-patch", "--no-show-signature", "--format=%ct", wanted.Commit).ConfigureAwait(false);
        SourceTime.Write(folder, long.Parse(time.Trim(), CultureInfo.InvariantCulture));
        if (!keepGitFolder)
            RemoveGitFolders(partial);
        // It may be there from before its time was kept, and in use.
        if (Directory.Exists(folder))
            FileTree.Delete(partial);
        else
            Directory.Move(partial, folder);
    }

    /// <summary>The repository's own, and the files that stand for it in submodules.</summary>
    private static void RemoveGitFolders(string checkout)
    {
        FileTree.Delete(Path.Combine(checkout, ".git"));
        var links = FileTree.FilesBelow(checkout).Select(file => file.Path).Where(path => path.EndsWith("/.git", StringComparison.Ordinal));
        foreach (var path in links.ToList())
            FileTree.Delete(Path.Combine(checkout, path));
    }

    private static string Below(GitAddress address, string checkout)
    {
        var folder = checkout;
        foreach (var part in address.Folder.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            folder = Path.Combine(folder, part);
            // A link could lead out of the checkout.
            if (!Directory.Exists(folder) || new DirectoryInfo(folder).LinkTarget is not null)
                throw new FetchException($"{address}: the commit has no folder '{address.Folder}'.");
        }
        return folder;
    }

    private string Succeeded(GitAddress address, ChildProcess.Result result)
    {
        if (result.ExitCode != 0)
            throw new FetchException($"{address}: git failed: {AddressSecrets.Without(credentials.Redacted(result.Error.Trim()))}"
                + $"{Advice(address, result.Error)}");
        return result.Output;
    }

    private string Advice(GitAddress address, string error)
    {
        if (!error.Contains("could not read Username", StringComparison.Ordinal)
            && !error.Contains("Authentication failed", StringComparison.Ordinal)
            && !error.Contains("returned error: 403", StringComparison.Ordinal))
            return "";
        return credentials.For(address) is null
            ? "\nThe server requires credentials. Pass a token: --secret id=GIT_AUTH_TOKEN,env=VARIABLE"
            : "\nThe server rejected the secret GIT_AUTH_TOKEN or GIT_AUTH_HEADER.";
    }

    /// <summary>Git under a mask of its own, and without what variables of our caller say of another repository.</summary>
    private async Task<ChildProcess.Result> TryGitAsync(
        GitAddress address, string folder, string[] arguments, CancellationToken cancellation)
    {
        const string script = "umask 022; unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE; : \"${GIT_SSH_COMMAND:=ssh -o BatchMode=yes}\"; "
            + "export GIT_SSH_COMMAND; " + Configuring + "exec git \"$@\"";
        string[] command =
            ["-c", script, "sh", "-C", folder, "-c", "advice.detachedHead=false", "-c", "init.defaultBranch=main", .. arguments];
        var environment = credentials.For(address) is { } header ? Environment.SetItems(header.Variables) : Environment;
        var result = await ChildProcess.RunAsync("/bin/sh", command, environment: environment, cancellation: cancellation)
            .ConfigureAwait(false);
        const int notFound = 127;
        if (result is not { ExitCode: not notFound })
            throw new HostNotReadyException(
                "Fetching a repository needs git, which is not installed. Install it with: apt-get install git");
        return result;
    }
}
