using Manifold.Fetching;

namespace Manifold.Publishing.Referrers;

/// <summary>The commit that a context folder is a checkout of.</summary>
/// <param name="Remote">Where it was cloned from, without any credential; null where it has no remote.</param>
/// <param name="IsChanged">True where files differ from the commit: what was built is then more than the commit says.</param>
internal sealed record GitCommit(string Id, string? Remote, bool IsChanged)
{
    /// <summary>Null where the folder is no checkout, or git is not installed.</summary>
    public static async Task<GitCommit?> FindAsync(string folder, CancellationToken cancellation = default)
    {
        if (await ContextGit.AskAsync(folder, ["rev-parse", "HEAD"], cancellation).ConfigureAwait(false) is not { Length: >= 40 } id)
            return null;
        var changes = await ContextGit.AskAsync(folder, ["status", "--porcelain", "--untracked-files=normal", "--", "."], cancellation)
            .ConfigureAwait(false);
        var remote = await ContextGit.AskAsync(folder, ["config", "--get", "remote.origin.url"], cancellation).ConfigureAwait(false);
        return new GitCommit(id, WithoutCredentials(remote), changes is not { Length: 0 });
    }

    /// <summary>An address without user, password and query; null where it is no address that others can use.</summary>
    public static string? WithoutCredentials(string? remote)
    {
        if (string.IsNullOrEmpty(remote))
            return null;
        if (Uri.TryCreate(remote, UriKind.Absolute, out var address) && address.Scheme is "https" or "http" or "ssh" or "git")
            return address!.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
        // git@host:path, which is ssh
        return remote.Split(':', 2) is [var host, var path]
            && !remote.Contains("://", StringComparison.Ordinal)
            && host.Length > 1
            && !host.Contains('/', StringComparison.Ordinal)
            ? $"ssh://{host.Split('@')[^1]}/{path.TrimStart('/')}" : null;
    }
}
