using Manifold.Dockerfile;
using Manifold.Dockerfile.Checks;

namespace Manifold.Planning;

/// <summary>The files that say how to build: the Dockerfile and its ignore file. The only reading that planning does.</summary>
public static class BuildFiles
{
    /// <summary>Reads and parses the Dockerfile.</summary>
    /// <exception cref="UsageException">It is not there, or too large; or a build argument says of the build checks what cannot be.</exception>
    public static ParsedDockerfile ReadDockerfile(BuildRequest request)
    {
        var checks = SettingsOf(request);
        if (request.InlineDockerfile is { } text)
            return DockerfileParser.Parse(request.DockerfilePath ?? "Dockerfile", System.Text.Encoding.UTF8.GetBytes(text), checks);
        var path = PathOf(request);
        if (new FileInfo(path).Length > Limits.DockerfileBytes)
            throw new UsageException($"Reading '{path}': it is larger than {Limits.DockerfileBytes} bytes.");
        return DockerfileParser.Parse(request.DockerfilePath ?? Path.GetFileName(path), File.ReadAllBytes(path), checks);
    }

    private static CheckOptions? SettingsOf(BuildRequest request)
    {
        if (!request.BuildArguments.TryGetValue(CheckOptions.BuildArgument, out var text))
            return null;
        var options = CheckOptions.Parse(text);
        return options.Problems.FirstOrDefault(problem => !problem.IsWarning) is { } problem
            ? throw new UsageException($"--build-arg {CheckOptions.BuildArgument}={text}: {problem.Message}. {problem.Hint}".TrimEnd()) : options;
    }

    /// <summary><c>NAME.dockerignore</c> beside the Dockerfile wins over the context's <c>.dockerignore</c>.</summary>
    public static IgnoreRules IgnoreRulesOf(BuildRequest request)
    {
        var own = request.InlineDockerfile is null ? PathOf(request) + ".dockerignore" : null;
        var path = own is not null && File.Exists(own) ? own : Path.Combine(request.ContextFolder, ".dockerignore");
        return File.Exists(path) ? IgnoreRules.Parse(Path.GetFileName(path), File.ReadAllText(path)) : IgnoreRules.None;
    }

    /// <summary>A named context has its own <c>.dockerignore</c>.</summary>
    public static IgnoreRules IgnoreRulesOf(FolderSource folder) =>
        Path.Combine(folder.Path, ".dockerignore") is var path && File.Exists(path) ? IgnoreRules.Parse(Path.GetFileName(path), File.ReadAllText(path)) : IgnoreRules.None;

    /// <summary>The Dockerfile's path.</summary>
    /// <exception cref="UsageException">It is not there.</exception>
    public static string PathOf(BuildRequest request)
    {
        if (request.DockerfilePath is { } given)
            return File.Exists(given) ? Path.GetFullPath(given) : throw new UsageException($"The Dockerfile '{given}' is not there.");
        return DefaultPathOf(request.ContextFolder, request.ContextName);
    }

    /// <summary>The Dockerfile of a context where nobody names another.</summary>
    /// <exception cref="UsageException">It has none.</exception>
    /// <param name="name">What people call the context; null is the folder.</param>
    public static string DefaultPathOf(string contextFolder, string? name = null) =>
        new[] { "Dockerfile", "Containerfile" }.Select(name => Path.Combine(contextFolder, name)).FirstOrDefault(File.Exists)
        ?? throw new UsageException($"'{(name is "-" ? "The context on standard input" : name ?? contextFolder)}' has neither a Dockerfile nor a Containerfile. Name it with -f.");
}
