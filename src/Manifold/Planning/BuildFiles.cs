using System.Collections.Immutable;
using System.Text;
using Manifold.Dockerfile;
using Manifold.Linux;

namespace Manifold.Planning;

/// <summary>The files that say how to build: the Dockerfile and its ignore file. The only reading that planning does.</summary>
/// <remarks>
/// Somebody else may have made them, so only regular files are read and no link is followed out of the context. A Dockerfile outside of the
/// context stays in its own folder in the same way (BuildKit's behavior).
/// </remarks>
internal static class BuildFiles
{
    /// <summary>The names of a Dockerfile that need no <c>-f</c>, in the order in which a build looks for them.</summary>
    internal static ImmutableArray<string> DefaultNames { get; } = ["Dockerfile", "Containerfile", "dockerfile"];

    /// <summary>Reads and parses the Dockerfile.</summary>
    /// <param name="known">Those that need not be parsed again.</param>
    /// <exception cref="UsageException">It is not there, or too large; or a build argument says of the build checks what cannot
    /// be.</exception>
    public static ParsedDockerfile ReadDockerfile(BuildRequest request, ParsedFiles? known = null)
    {
        var checks = (request.BuildArguments.GetValueOrDefault(CheckOptions.BuildArgument), SettingsOf(request));
        known ??= new ParsedFiles();
        if (request.InlineDockerfile is { } text)
            return known.Parse(request.DockerfilePath ?? "Dockerfile", Encoding.UTF8.GetBytes(text), checks);
        var (path, content) = Dockerfile(request);
        return known.Parse(request.DockerfilePath ?? Path.GetFileName(path), content, checks);
    }

    /// <summary>The Dockerfile's path and its bytes, of a request whose Dockerfile is a file.</summary>
    /// <exception cref="UsageException">It is not there, is too large, or is not a file of its folder.</exception>
    public static (string Path, byte[] Content) Dockerfile(BuildRequest request)
    {
        if (request.DockerfilePath is not { } given)
            return DefaultDockerfile(request);
        if (PlainFile.IsOwnDescriptor(given))
            return (given, PlainFile.Read(given, Limits.DockerfileBytes));
        var path = Path.GetFullPath(given);
        if (TryRead(request, path, Limits.DockerfileBytes) is not { } content)
            throw new UsageException($"The Dockerfile '{given}' does not exist.");
        return (path, content);
    }

    private static CheckOptions? SettingsOf(BuildRequest request)
    {
        if (!request.BuildArguments.TryGetValue(CheckOptions.BuildArgument, out var text))
            return null;
        var options = CheckOptions.Parse(text);
        if (options.Problems.FirstOrDefault(problem => !problem.IsWarning) is { } problem)
            throw new UsageException($"--build-arg {CheckOptions.BuildArgument}={text}: {problem.Message}. {problem.Hint}".TrimEnd());
        return options;
    }

    /// <summary><c>NAME.dockerignore</c> beside the Dockerfile wins over the context's <c>.dockerignore</c>.</summary>
    /// <exception cref="UsageException">
    /// The file that counts cannot be read: nobody wants to build with what it was to keep out.
    /// </exception>
    public static IgnoreRules IgnoreRulesOf(BuildRequest request)
    {
        if (request.Unpacked is { } unpacked)
            return unpacked.Rules;
        if (request.InlineDockerfile is null && PathOf(request) + ".dockerignore" is var own
            && TryRead(request, own, Limits.IgnoreFileBytes) is { } content)
            return Parse(Path.GetFileName(own), content);
        return IgnoreRulesOf(new ForeignFolder(request.ContextFolder, request.ContextName));
    }

    /// <summary>A named context has its own <c>.dockerignore</c>.</summary>
    /// <exception cref="UsageException">It cannot be read.</exception>
    public static IgnoreRules IgnoreRulesOf(FolderSource folder) => IgnoreRulesOf(new ForeignFolder(folder.Path, folder.Name));

    /// <summary>The Dockerfile's path.</summary>
    /// <exception cref="UsageException">It is not there.</exception>
    public static string PathOf(BuildRequest request) => request.DockerfilePath switch
    {
        null => DefaultPathOf(request.ContextFolder, request.ContextName),
        var given when File.Exists(given) || new FileInfo(given).LinkTarget is not null => Path.GetFullPath(given),
        var given => throw new UsageException($"The Dockerfile '{given}' does not exist."),
    };

    /// <summary>Whether a folder has a Dockerfile under one of the names that need no <c>-f</c>.</summary>
    public static bool HasDockerfile(string folder) => DefaultNames.Any(name => File.Exists(Path.Combine(folder, name)));

    /// <summary>The Dockerfile of a context where nobody names another.</summary>
    /// <exception cref="UsageException">It has none.</exception>
    /// <param name="name">What people call the context; null is the folder.</param>
    public static string DefaultPathOf(string contextFolder, string? name = null)
    {
        var context = new ForeignFolder(contextFolder, name);
        if (DefaultNames.FirstOrDefault(context.HasName) is not { } found)
            throw new UsageException(
                $"{(name is "-" ? "The context on standard input" : $"'{name ?? contextFolder}'")} contains no Dockerfile or "
                    + "Containerfile. To use another file, add: -f FILE");
        return Path.Combine(contextFolder, found);
    }

    private static (string Path, byte[] Content) DefaultDockerfile(BuildRequest request)
    {
        var path = DefaultPathOf(request.ContextFolder, request.ContextName);
        var context = new ForeignFolder(request.ContextFolder, request.ContextName);
        if (context.TryRead(Path.GetFileName(path), Limits.DockerfileBytes) is not { } content)
            throw new UsageException($"Cannot read '{Path.GetFileName(path)}' in '{request.ContextName}': it is a folder, not a file.");
        return (path, content);
    }

    private static IgnoreRules IgnoreRulesOf(ForeignFolder context) =>
        context.TryRead(".dockerignore", Limits.IgnoreFileBytes) is { } content ? Parse(".dockerignore", content) : IgnoreRules.None;

    private static IgnoreRules Parse(string name, byte[] content)
    {
        // Names of files are bytes, which a pattern may name as well. An editor of Windows may have written UTF-16.
        if (!content.AsSpan().StartsWith("\uFEFF"u8) && content is not ([0xFF, 0xFE, ..] or [0xFE, 0xFF, ..]))
            return IgnoreRules.Parse(name, FileName.Decode(content));
        using var reader = new StreamReader(new MemoryStream(content));
        return IgnoreRules.Parse(name, reader.ReadToEnd());
    }

    /// <summary>Reads a file beside the context's, or beside a Dockerfile elsewhere.</summary>
    private static byte[]? TryRead(BuildRequest request, string path, int limit)
    {
        var (folder, name) = (Path.GetDirectoryName(path) ?? "/", Path.GetFileName(path));
        var inContext = Path.GetRelativePath(request.ContextFolder, path);
        if (inContext == ".." || inContext.StartsWith("../", StringComparison.Ordinal) || Path.IsPathRooted(inContext))
            return Directory.Exists(folder) ? new ForeignFolder(folder).TryRead(name, limit) : null;
        var context = new ForeignFolder(request.ContextFolder, request.ContextName);
        if (request.ContextAddress is not null)
            return context.TryRead(inContext, limit);
        try
        {
            return context.TryRead(inContext, limit);
        }
        // The user named the folder, which may be a link; within it nothing leads out of it.
        catch (UsageException) when (new FileInfo(path).LinkTarget is null)
        {
            return new ForeignFolder(folder).TryRead(name, limit);
        }
    }
}
