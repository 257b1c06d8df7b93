using System.Collections.Concurrent;
using System.Collections.Immutable;

namespace Manifold.Registry;

/// <summary>Finds who we are for a repository, where the tools of the trade keep it.</summary>
/// <remarks>
/// <code>
/// 1  $REGISTRY_AUTH_FILE                                   where it is set
/// 2  $DOCKER_CONFIG/config.json, else ~/.docker/config.json
/// 3  $XDG_RUNTIME_DIR/containers/auth.json, ~/.config/containers/auth.json
/// </code>
/// The first file that knows the registry wins; within it credHelpers, then auths (the longest path wins), then credsStore, as
/// containers-auth.json(5) and Docker's config have it. Each repository is looked up once. Nothing is ever printed.
/// </remarks>
public sealed class Credentials
{
    private readonly ImmutableArray<CredentialFile> files;
    private readonly ConcurrentDictionary<(string, string), Lazy<Task<Credential>>> found = new();

    private Credentials(ImmutableArray<CredentialFile> files) => this.files = files;

    /// <summary>Reads the environment that it is given, and no file before one is needed.</summary>
    public static Credentials From(IReadOnlyDictionary<string, string> environment)
    {
        string? Variable(string name) => environment.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
        var home = Variable("HOME") ?? "/root";
        var search = Variable("PATH");
        var docker = new CredentialFile(Path.Combine(Variable("DOCKER_CONFIG") ?? Path.Combine(home, ".docker"), "config.json"), isDocker: true, search);
        if (Variable("REGISTRY_AUTH_FILE") is { } own)
            return new([new CredentialFile(own, isDocker: false, search), docker]);
        var containers = new[] { (Variable("XDG_RUNTIME_DIR"), "containers"), (home, ".config/containers") }
            .Where(place => place.Item1 is not null)
            .Select(place => new CredentialFile(Path.Combine(place.Item1!, place.Item2, "auth.json"), isDocker: false, search));
        return new([docker, .. containers]);
    }

    /// <summary>The file that <c>manifold login</c> writes.</summary>
    public CredentialFile Writable => files[0];

    /// <inheritdoc cref="CredentialSource"/>
    /// <exception cref="UsageException">A file cannot be read.</exception>
    public async ValueTask<Credential> FindAsync(string registry, string repository, CancellationToken cancellation = default)
    {
        var lookup = found.GetOrAdd((registry, repository), key => new(() => LookUpAsync(key.Item1, key.Item2, CancellationToken.None)));
        return await lookup.Value.WaitAsync(cancellation).ConfigureAwait(false);
    }

    private async Task<Credential> LookUpAsync(string registry, string repository, CancellationToken cancellation)
    {
        string? note = null;
        foreach (var file in files)
        {
            var credential = await file.FindAsync(registry, repository, cancellation).ConfigureAwait(false);
            if (credential is { IsAnonymous: false })
                return credential;
            note ??= credential?.Note;
        }
        return Credential.Anonymous with { Note = note };
    }
}
