using System.Text.RegularExpressions;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Projects.Drafting;

/// <summary>Where a project's images probably go, from the address of its git remote 'origin'. Git is not run.</summary>
/// <param name="Owner">The user or group on the git host.</param>
/// <param name="Registry">What images are put under, for example <c>ghcr.io/acme</c>; null for a host whose registry is not known.</param>
internal sealed partial record RegistryGuess(string Owner, string? Registry)
{
    private const int ConfigBytes = 1024 * 1024;

    /// <summary>Null if there is no such remote, or if its address says nothing.</summary>
    public static RegistryGuess? Of(string folder)
    {
        try
        {
            return ConfigOf(folder) is { } config && Address(config) is { } address ? OfAddress(address) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UsageException)
        {
            return null;
        }
    }

    internal static RegistryGuess? OfAddress(string address)
    {
        address = address.Trim().TrimEnd('/');
        var match = Parts().Match(address.EndsWith(".git", StringComparison.Ordinal) ? address[..^".git".Length] : address);
        if (!match.Success)
            return null;
        var path = match.Groups["path"].Value.ToLowerInvariant();
        var registry = match.Groups["host"].Value.ToLowerInvariant() switch
        {
            "github.com" => $"ghcr.io/{path.Split('/')[0]}",
            "gitlab.com" => $"registry.gitlab.com/{path}",
            "codeberg.org" => $"codeberg.org/{path.Split('/')[0]}",
            _ => null,
        };
        var isValid = registry is not null && ImageReference.TryParse(registry + "/name", out _);
        return new RegistryGuess(path.Split('/')[0], isValid ? registry : null);
    }

    private static string? ConfigOf(string folder)
    {
        for (var at = folder; at is not null; at = Path.GetDirectoryName(at))
        {
            var git = Path.Combine(at, ".git");
            if (Directory.Exists(git))
                return ReadConfig(git);
            if (!File.Exists(git))
                continue;
            // A worktree, or a submodule.
            var text = System.Text.Encoding.UTF8.GetString(PlainFile.Read(git, ConfigBytes)).Trim();
            if (!text.StartsWith("gitdir: ", StringComparison.Ordinal))
                return null;
            var target = Path.GetFullPath(text["gitdir: ".Length..], at);
            var common = Path.Combine(target, "commondir");
            return ReadConfig(File.Exists(common)
                ? Path.GetFullPath(System.Text.Encoding.UTF8.GetString(PlainFile.Read(common, ConfigBytes)).Trim(), target) : target);
        }
        return null;
    }

    private static string? ReadConfig(string git) => Path.Combine(git, "config") is var file && File.Exists(file)
        ? System.Text.Encoding.UTF8.GetString(PlainFile.Read(file, ConfigBytes)) : null;

    private static string? Address(string config)
    {
        var isOrigin = false;
        foreach (var line in config.Split('\n').Select(line => line.Trim()))
        {
            if (line.StartsWith('['))
                isOrigin = line == "[remote \"origin\"]";
            else if (isOrigin && line.Split('=', 2) is [var key, var value] && key.Trim() == "url")
                return value.Trim().Trim('"');
        }
        return null;
    }

    /// <summary><c>https://host/owner/name.git</c>, <c>ssh://git@host:22/owner/name</c>, <c>git@host:owner/name.git</c></summary>
    [GeneratedRegex("^(?:(?:https?|ssh|git)://(?:[^@/]*@)?(?<host>[A-Za-z0-9.-]+)(?::[0-9]+)?/"
        + "|(?:[A-Za-z0-9._-]+@)?(?<host>[A-Za-z0-9.-]+):)/?(?<path>[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)+)$")]
    private static partial Regex Parts();
}
