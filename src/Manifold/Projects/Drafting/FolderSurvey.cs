using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Parsing;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Projects.Drafting;

/// <summary>A Dockerfile in a folder.</summary>
/// <param name="Folder">Relative to the surveyed folder; empty for that folder.</param>
/// <param name="FileName">The file's own name.</param>
/// <param name="Variant">The name in <c>Dockerfile.NAME</c> or <c>NAME.Dockerfile</c>; null for a plain name.</param>
/// <param name="Platform">The platform that <c>Dockerfile.ARCH</c> names, instead of a variant.</param>
internal sealed record FoundDockerfile(string Folder, string FileName, string? Variant, Platform? Platform, DockerfileTree Tree)
{
    /// <summary>Findings that concern other architectures, each with its place.</summary>
    public required ImmutableArray<Diagnostic> Findings { get; init; }

    /// <summary>A build finds it in its folder by itself.</summary>
    public bool IsPlain => Variant is null && Platform is null;

    public string Path => Folder.Length == 0 ? FileName : $"{Folder}/{FileName}";
}

/// <summary>The Dockerfiles of a folder and of the folders in it.</summary>
/// <remarks>
/// Hidden folders, dependencies of package managers, folders that <c>.dockerignore</c> excludes and symbolic links are skipped. An ignore
/// file that excludes everything says what one image needs, not what the project has, and is not heeded. Bounded in depth and number.
/// </remarks>
internal sealed partial record FolderSurvey(ImmutableArray<FoundDockerfile> Dockerfiles, ImmutableArray<string> LeftOut, bool IsCut)
{
    public const int Depth = 6;
    private const int MostFolders = 10_000, MostDockerfiles = 200;

    private static readonly ImmutableHashSet<string> Skipped =
    [
        "node_modules", "bower_components", "vendor", "venv", "site-packages", "__pycache__", "testdata",
    ];

    private static readonly ImmutableHashSet<string> Architectures =
    [
        "amd64", "x86_64", "386", "i386", "arm64", "aarch64", "arm", "armhf", "armv6", "armv7", "ppc64le", "s390x", "riscv64", "loong64",
    ];

    private static readonly ImmutableHashSet<string> Concerning =
    [
        "HardcodedArch", "FromPlatformFlagConstDisallowed", "ArchPrefixedRepository", "GoBuildWithoutGoarch", "UnameInCrossStage",
        "FinalStageOnBuildPlatform",
    ];

    /// <param name="root">Absolute.</param>
    public static FolderSurvey Make(string root)
    {
        var (found, left) = (ImmutableArray.CreateBuilder<FoundDockerfile>(), ImmutableArray.CreateBuilder<string>());
        var (content, rules) = (new ForeignFolder(root), IgnoreRulesOf(root));
        var pending = new Queue<(string Folder, int Depth)>([("", 0)]);
        var visited = 0;
        while (pending.TryDequeue(out var next))
        {
            if (++visited > MostFolders || found.Count >= MostDockerfiles)
                return new FolderSurvey(found.ToImmutable(), left.ToImmutable(), IsCut: true);
            var (folders, files) = Entries(Path.Combine(root, next.Folder));
            foreach (var file in files.Where(IsDockerfile).OrderBy(Rank).ThenBy(name => name, StringComparer.Ordinal))
            {
                // Two plain names in a folder are one Dockerfile with two spellings.
                if (VariantOf(file) is null && found.Any(other => other.Folder == next.Folder && other.IsPlain))
                    left.Add($"{Joined(next.Folder, file)}: the folder has a Dockerfile with another name.");
                else if (Read(content, next.Folder, file, left) is { } dockerfile)
                    found.Add(dockerfile);
            }
            foreach (var folder in folders.Where(name => next.Depth < Depth && !IsSkipped(name, Joined(next.Folder, name), rules)))
                pending.Enqueue((Joined(next.Folder, folder), next.Depth + 1));
        }
        return new FolderSurvey(found.ToImmutable(), left.ToImmutable(), IsCut: false);
    }

    internal static string Joined(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";

    private static FoundDockerfile? Read(ForeignFolder content, string folder, string name, ImmutableArray<string>.Builder left)
    {
        var path = Joined(folder, name);
        try
        {
            if (content.TryRead(path, Limits.DockerfileBytes) is not { } bytes)
                return null;
            var parsed = DockerfileParser.Parse(path, bytes);
            if (parsed.HasErrors)
            {
                left.Add(parsed.Diagnostics.First(each => each.Severity == Severity.Error).OneLine);
                return null;
            }
            var variant = VariantOf(name);
            var isPlatform = variant is not null && Architectures.Contains(variant.ToLowerInvariant());
            var platform = isPlatform && Platform.TryParse(variant, out var known) ? known : null;
            return new FoundDockerfile(folder, name, platform is null ? variant : null, platform, parsed.Tree)
            {
                Findings = platform is null ? [.. parsed.Diagnostics.Where(each => Concerning.Contains(each.Id))] : [],
            };
        }
        catch (UsageException e)
        {
            left.Add($"{path}: {e.Message}");
            return null;
        }
    }

    private static (IEnumerable<string> Folders, IEnumerable<string> Files) Entries(string path)
    {
        try
        {
            var entries = new DirectoryInfo(path).GetFileSystemInfos();
            var folders = entries.OfType<DirectoryInfo>().Where(entry => entry.LinkTarget is null).Select(entry => entry.Name);
            return (folders.Order(StringComparer.Ordinal), entries.OfType<FileInfo>().Select(entry => entry.Name));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ([], []); // also a folder whose name is not UTF-8
        }
    }

    private static bool IsSkipped(string name, string path, IgnoreRules rules) =>
        name.StartsWith('.') || Skipped.Contains(name)
        || (rules.Match(path) is { Excluded: true } match && !rules.MayContainIncluded(path, match));

    private static IgnoreRules IgnoreRulesOf(string root)
    {
        try
        {
            var rules = BuildFiles.IgnoreRulesOf(new FolderSource(root, root));
            return rules.LeavesOutEverything is null ? rules : IgnoreRules.None;
        }
        catch (Exception e) when (e is UsageException or DockerfileException)
        {
            return IgnoreRules.None;
        }
    }

    private static string? VariantOf(string name) => Named().Match(name) switch
    {
        { Groups: var groups } when groups["after"].Length > 0 => groups["after"].Value,
        { Groups: var groups } when groups["before"].Length > 0 => groups["before"].Value,
        _ => null,
    };

    /// <summary>As a build looks for them.</summary>
    private static int Rank(string name) =>
        BuildFiles.DefaultNames.IndexOf(name) is >= 0 and var rank ? rank : BuildFiles.DefaultNames.Length;

    private static bool IsDockerfile(string name) => Named().IsMatch(name) && !Backup().IsMatch(name);

    [GeneratedRegex("^(?:(?:Dockerfile|Containerfile|dockerfile)(?:[.-](?<after>.+))?"
        + "|(?<before>.+)[.](?:Dockerfile|Containerfile|dockerfile|containerfile))\\z", RegexOptions.Singleline)]
    private static partial Regex Named();

    [GeneratedRegex("(?:~|[.](?:dockerignore|md|txt|rst|html|"
        + "j2|jinja|jinja2|tmpl|tpl|template|in|erb|orig|bak|old|rej|save|swp|disabled))\\z",
        RegexOptions.IgnoreCase)]
    private static partial Regex Backup();
}
