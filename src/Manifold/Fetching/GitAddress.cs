using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Manifold.Text;

namespace Manifold.Fetching;

/// <summary>
/// A folder of a git repository at a commit: <c>https://host/path.git#ref:folder</c>, <c>…git?ref=…&amp;subdir=…</c>,
/// <c>git@host:path#…</c>, <c>ssh://</c>, <c>git://</c>.
/// </summary>
/// <param name="Remote">As git is told it. May hold credentials: show <see cref="ToString"/> instead.</param>
/// <param name="Ref">A branch, a tag or a commit's hash; null is the remote's HEAD.</param>
/// <param name="Folder">Relative, without <c>..</c>; empty is the whole repository.</param>
/// <remarks>
/// Source: Docker's "Build context", "Git repositories"; an http(s) address is a repository's if its path ends in <c>.git</c>.
/// </remarks>
internal sealed partial record GitAddress(string Remote, string? Ref, string Folder)
{
    private static readonly SearchValues<char> NoRef = SearchValues.Create(" +*?[^~\\");

    /// <summary>The begin of the hash that the ref has to come to; null is any.</summary>
    public string? Checksum { get; init; }

    /// <summary>Whether <c>.git</c> stays; null where the address does not say.</summary>
    public bool? KeepGitFolder { get; init; }

    /// <summary>Whether submodules are fetched too.</summary>
    public bool Submodules { get; init; } = true;

    /// <summary>What is wrong with the address, which is a repository's by all other signs; null where it can be fetched.</summary>
    public string? Fault { get; private init; }

    /// <summary>Whether the ref is a whole hash, which names the same for ever.</summary>
    public bool IsPinned => Ref is not null && Hash().IsMatch(Ref);

    /// <param name="asContext">Also <c>github.com/owner/name</c> without a scheme, which contexts may be, and COPY's sources not.</param>
    public static bool TryParse(string text, bool asContext, [NotNullWhen(true)] out GitAddress? address)
    {
        address = null;
        if (text.Any(char.IsControl))
            return false; // of an argument of git's, a zero byte would be the end
        if (asContext && text.StartsWith("github.com/", StringComparison.Ordinal))
            text = "https://" + WithSuffix(text);
        var hash = text.IndexOf('#', StringComparison.Ordinal);
        var (remote, fragment) = hash < 0 ? (text, "") : (text[..hash], text[(hash + 1)..]);
        if (!IsRepository(remote))
            return false;
        var colon = fragment.IndexOf(':', StringComparison.Ordinal);
        var (name, folder) = colon < 0 ? (fragment, "") : (fragment[..colon], fragment[(colon + 1)..]);
        if (!IsRef(name) || FolderOf(folder) is not { } path)
            return false;
        var mark = remote.Contains("://", StringComparison.Ordinal) ? remote.IndexOf('?', StringComparison.Ordinal) : -1;
        address = new GitAddress(mark < 0 ? remote : remote[..mark], name.Length == 0 ? null : name, path)
            .WithQuery(mark < 0 ? "" : remote[(mark + 1)..]);
        return true;
    }

    /// <summary>Whether a text is a commit's hash or the begin of one, of at least the seven digits that git shows.</summary>
    public static bool IsHash(string text) => HashBegin().IsMatch(text);

    // A ref is an argument of git's: it must not be an option, nor a refspec.
    private static bool IsRef(string name) =>
        !name.StartsWith('-') && !name.Contains("..", StringComparison.Ordinal) && !name.AsSpan().ContainsAny(NoRef);

    /// <summary>A folder in normal form; null where it leads out of the repository.</summary>
    private static string? FolderOf(string text)
    {
        var parts = text.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").ToList();
        return parts.Contains("..") ? null : string.Join('/', parts);
    }

    /// <summary>For people: without user and password.</summary>
    public override string ToString() =>
        AddressSecrets.Without(Remote) + (Ref is null && Folder.Length == 0 ? "" : $"#{Ref}{(Folder.Length == 0 ? "" : ":" + Folder)}");

    private static bool IsRepository(string remote)
    {
        if (ScpForm().IsMatch(remote))
            return true;
        if (!Uri.TryCreate(remote, UriKind.Absolute, out var uri) || uri.Host.Length == 0)
            return false;
        return uri.Scheme is "git" or "ssh"
            || (uri.Scheme is "http" or "https" && uri.AbsolutePath.EndsWith(".git", StringComparison.Ordinal));
    }

    private static string WithSuffix(string text)
    {
        var hash = text.AsSpan().IndexOfAny('#', '?');
        var (name, rest) = hash < 0 ? (text, "") : (text[..hash], text[hash..]);
        return name.EndsWith(".git", StringComparison.Ordinal) ? text : $"{name}.git{rest}";
    }

    [GeneratedRegex(@"^[a-zA-Z0-9._-]+@[a-zA-Z0-9.-]+:(?!//).+\z")]
    private static partial Regex ScpForm();

    [GeneratedRegex(@"^[0-9a-f]{7,64}\z")]
    private static partial Regex HashBegin();

    [GeneratedRegex(@"^(?:[0-9a-f]{40}|[0-9a-f]{64})\z")]
    private static partial Regex Hash();
}
