namespace Manifold.Fetching;

/// <content>What stands between <c>?</c> and <c>#</c>.</content>
/// <remarks>
/// Source: BuildKit's <c>dfgitutil</c>, since Dockerfile 1.18: ref, tag, branch, subdir, commit (or checksum), keep-git-dir, submodules.
/// </remarks>
internal sealed partial record GitAddress
{
    private const string Tags = "refs/tags/", Heads = "refs/heads/";

    /// <summary>The address with what its query says. What is wrong with it becomes its <see cref="Fault"/>.</summary>
    private GitAddress WithQuery(string query)
    {
        var (address, seen) = (this, new HashSet<string>(StringComparer.Ordinal));
        foreach (var field in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = field.IndexOf('=', StringComparison.Ordinal);
            var (key, value) = equals < 0
                ? (field, "")
                : (field[..equals], Uri.UnescapeDataString(field[(equals + 1)..].Replace('+', ' ')));
            address = seen.Add(key) ? address.With(key, value) : address with { Fault = $"the query has '{key}' twice" };
            if (address.Fault is not null)
                return address;
        }
        return seen.Contains("tag") && seen.Contains("branch")
            ? address with { Fault = "the query has a tag and a branch. Use only one of them" }
            : address;
    }

    private GitAddress With(string key, string value) => (key, value) switch
    {
        ("keep-git-dir", _) => Switch(value) is { } keep ? this with { KeepGitFolder = keep } : Wrong(key, value),
        ("submodules", _) => Switch(value) is { } submodules ? this with { Submodules = submodules } : Wrong(key, value),
        // The commit is always fetched by its hash where that can be, and times of files are those of the build.
        ("fetch-by-commit", _) => Switch(value) is null ? Wrong(key, value) : this,
        ("mtime", "checkout" or "commit") => this,
        (_, "") => this with { Fault = $"'{key}' in the query has no value" },
        ("ref", _) => WithRef(value),
        ("tag", _) => WithRef(value.StartsWith(Tags, StringComparison.Ordinal) ? value : Tags + value),
        ("branch", _) => WithRef(value.StartsWith(Heads, StringComparison.Ordinal) ? value : Heads + value),
        ("subdir", _) => WithFolder(value),
        ("commit" or "checksum", _) => IsHash(value) ? this with { Checksum = value } : WithFault($"'{value}' is not a commit hash"),
        ("mtime", _) => Wrong(key, value, "checkout or commit"),
        _ => WithFault($"'{key}' is not supported in the query. "
            + "Expected one of: ref, tag, branch, subdir, commit, keep-git-dir, submodules"),
    };

    private GitAddress WithRef(string name)
    {
        if (Ref is not null && Ref != name)
            return WithFault($"the address has two refs, '{Ref}' and '{name}'. Use only one of them");
        return IsRef(name) ? this with { Ref = name } : WithFault($"'{name}' is not a ref");
    }

    private GitAddress WithFolder(string text)
    {
        if (FolderOf(text) is not { } folder)
            return Wrong("subdir", text, "a folder of the repository");
        if (Folder.Length > 0 && Folder != folder)
            return WithFault($"the address has two folders, '{Folder}' and '{folder}'. Use only one of them");
        return this with { Folder = folder };
    }

    private GitAddress Wrong(string key, string value, string expected = "true or false") =>
        WithFault($"{key}={value} in the query: expected {expected}");

    private GitAddress WithFault(string fault) => this with { Fault = fault };

    private static bool? Switch(string value) => value switch
    {
        "" or "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => null,
    };
}
