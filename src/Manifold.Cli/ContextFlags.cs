using System.Collections.Immutable;
using System.CommandLine;
using System.Text;
using Manifold.Building;
using Manifold.Content;
using Manifold.Fetching;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Registry;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>Where a build's files come from: the context, the Dockerfile, and contexts under names.</summary>
/// <remarks>What is not on this machine is fetched by <see cref="PrepareAsync"/>, once the store is open.</remarks>
internal sealed class ContextFlags
{
    private readonly Argument<string> context = new("CONTEXT")
    {
        Description = "The build context, where COPY and ADD find their files: a "
            + "folder, or the address of a git repository or a tar archive. Use - to read "
            + "a tar archive or a Dockerfile from standard input.",
    };
    private readonly Option<string?> file = new("--file", "-f")
    {
        Description = "The Dockerfile, or - for standard input. Default: CONTEXT/Dockerfile or CONTEXT/Containerfile.",
        HelpName = "FILE",
    };
    private readonly Option<string[]> named = new("--build-context")
    {
        Description = "Use a folder or an image as NAME in FROM and --from: a path, docker-image://REF, oci-layout://FOLDER[:TAG], or the "
            + "address of a git repository or a tar archive. Repeatable.",
        HelpName = "NAME=PLACE",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    /// <param name="contextMayMiss">True where a project file may stand for it.</param>
    public static ContextFlags AddTo(Command command, bool contextMayMiss)
    {
        var flags = new ContextFlags();
        flags.context.Arity = contextMayMiss ? ArgumentArity.ZeroOrOne : ArgumentArity.ExactlyOne;
        command.Add(flags.context);
        command.Add(flags.file);
        command.Add(flags.named);
        return flags;
    }

    public string? Context(ParseResult parsed) => parsed.GetValue(context);

    public string? File(ParseResult parsed) => parsed.GetValue(file);

    /// <summary>The request's part that says where files come from.</summary>
    public BuildRequest Read(ParseResult parsed, ImmutableArray<Platform> platforms)
    {
        var (where, path) = (Context(parsed) ?? throw new UsageException("The build context is missing. Name a folder, such as: manifold "
            + "build ."), File(parsed));
        if (where == "-" && path == "-")
            throw new UsageException("Standard input cannot be both the context and the Dockerfile. Use a path for one of them.");
        var isElsewhere = where == "-" || ContextFetcher.IsRemote(where);
        if (!isElsewhere && !Directory.Exists(where))
            throw new UsageException($"The context '{AddressSecrets.Without(where)}' is "
                + (System.IO.File.Exists(where)
                    ? $"a file, not a folder. To build from a tar archive, run: manifold build - < {ShellWord.Quote(where)}"
                    : "not a folder."));
        return new BuildRequest
        {
            ContextFolder = isElsewhere ? "" : Path.GetFullPath(where),
            ContextAddress = isElsewhere ? where : null,
            DockerfilePath = path,
            Contexts = Named(parsed),
            Platforms = platforms,
        };
    }

    /// <summary>Fetches what is elsewhere, and reads what comes by standard input.</summary>
    public static async Task<BuildRequest> PrepareAsync(
        CliContext cli, (Store Store, RegistryClient Registry) tools, BuildRequest request, CancellationToken cancellation)
    {
        var fetcher = new ContextFetcher(tools.Store, request.Run.GitCredentials);
        var keepGitFolder = BuildKitArguments.KeepsGitFolder(request);
        var contexts = await Task.WhenAll(request.Contexts.Select(async each => KeyValuePair.Create(each.Key, each.Value switch
        {
            RemoteContext remote when await fetcher.FetchNamedAsync(remote.Address, keepGitFolder, cancellation) is var files =>
                new FolderContext(files.Folder) { Time = files.When },
            LayoutContext layout => new ImageContext(await new TakenImages(tools.Store, tools.Registry).PlaceAsync(layout, cancellation)),
            var local => local,
        })));
        request = request with { Contexts = contexts.ToImmutableSortedDictionary(StringComparer.Ordinal) };
        if (request.ContextAddress is not null)
            request = await PrepareMainAsync(cli, fetcher, request, cancellation);
        return request.DockerfilePath switch
        {
            "-" => WithDockerfile(request, await ReadInputAsync(cli, cancellation), "standard input"),
            // A pipe, such as <(…) of a shell, can be read only once.
            { } path when PlainFile.IsOwnDescriptor(path) => WithDockerfile(request, PlainFile.Read(path, Limits.DockerfileBytes), path),
            _ => request,
        };
    }

    private static async Task<BuildRequest> PrepareMainAsync(
        CliContext cli, ContextFetcher fetcher, BuildRequest request, CancellationToken cancellation)
    {
        var address = request.ContextAddress!;
        FetchedContext fetched;
        if (address == "-")
        {
            await using var input = cli.OpenInput();
            fetched = await fetcher.ReadAsync(input, cancellation);
        }
        else
            fetched = await fetcher.FetchAsync(address, BuildKitArguments.KeepsGitFolder(request), cancellation);
        request = request with { ContextFolder = fetched.Folder, ContextTime = fetched.Time };
        if (fetched.Dockerfile is { } dockerfile)
        {
            if (request.DockerfilePath is { } path)
                throw new UsageException($"-f {path}: the context is a single Dockerfile, so it cannot contain another one. Leave out -f.");
            return WithDockerfile(request, dockerfile, address == "-" ? "standard input" : AddressSecrets.Without(address));
        }
        return request.DockerfilePath is { } inside and not "-"
            ? request with { DockerfilePath = Inside(fetched.Folder, inside) }
            : request;
    }

    private static BuildRequest WithDockerfile(BuildRequest request, byte[] text, string name) =>
        request with { InlineDockerfile = Encoding.UTF8.GetString(text), DockerfilePath = name };

    private static string Inside(string folder, string path)
    {
        var full = Path.GetFullPath(path.TrimStart('/'), folder);
        if (!full.StartsWith(folder + "/", StringComparison.Ordinal))
            throw new UsageException($"-f {path}: the file is outside the context.");
        return full;
    }

    private static async Task<byte[]> ReadInputAsync(CliContext cli, CancellationToken cancellation)
    {
        await using var input = cli.OpenInput();
        return await Task.Run(() => PlainFile.ReadToEnd(input, Limits.DockerfileBytes), cancellation)
            ?? throw new UsageException($"The Dockerfile on standard input is larger than {Limits.DockerfileBytes} bytes.");
    }

    private ImmutableSortedDictionary<string, NamedContext> Named(ParseResult parsed)
    {
        var contexts = ImmutableSortedDictionary.CreateBuilder<string, NamedContext>(StringComparer.Ordinal);
        foreach (var text in parsed.GetValue(named) ?? [])
        {
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0 || equals == text.Length - 1)
                throw new UsageException($"--build-context {AddressSecrets.Without(text)}: expected NAME=PLACE, such as --build-context "
                    + "base=docker-image://debian:12");
            contexts[text[..equals]] = ContextText.Parse(text[(equals + 1)..], Directory.GetCurrentDirectory(), out var wrong) switch
            {
                FolderContext folder when !Directory.Exists(folder.Folder) => throw new UsageException(
                    $"--build-context {text}: '{folder.Folder}' is not a folder. "
                        + $"For an image, write docker-image://{text[(equals + 1)..]}."),
                { } found => found,
                null => throw new UsageException($"--build-context {AddressSecrets.Without(text)}: {wrong}"),
            };
        }
        return contexts.ToImmutable();
    }
}
