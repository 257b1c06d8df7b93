using System.Collections.Immutable;
using Manifold.Concurrency;

namespace Manifold.Registry;

/// <summary>Finds who we are for a repository, where the tools of the trade keep it.</summary>
/// <remarks>
/// <code>
/// 1  --authfile, else $REGISTRY_AUTH_FILE               that file (or folder, or Kubernetes secret) alone
/// 2  $XDG_RUNTIME_DIR/containers/auth.json, else /run/containers/UID/auth.json
/// 3  $XDG_CONFIG_HOME/containers/auth.json, else ~/.config/containers/auth.json
/// 4  $DOCKER_CONFIG/config.json, else ~/.docker/config.json
/// 5  ~/.dockercfg
/// </code>
/// The first file that knows the registry wins; within it credHelpers, then auths (the longest path wins), then credsStore, as
/// containers-auth.json(5) and Docker's config have it. Each repository is looked up once. Nothing is ever printed.
/// </remarks>
public sealed class Credentials
{
    private readonly ImmutableArray<CredentialFile> files;
    private readonly CredentialFile preferred;
    private readonly SharedWork<(string Registry, string Repository), Credential> found = new();

    private Credentials(ImmutableArray<CredentialFile> files, CredentialFile preferred) =>
        (this.files, this.preferred) = (files, preferred);

    /// <summary>Reads the environment that it is given, and no file before one is needed.</summary>
    /// <param name="authFile">A file that the user named; no other is asked then.</param>
    /// <exception cref="UsageException">The user named a file that is not there.</exception>
    public static Credentials From(IReadOnlyDictionary<string, string> environment, string? authFile = null)
    {
        string? Variable(string name) => environment.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
        var home = Variable("HOME") ?? "/root";
        var search = Variable("PATH");
        if ((authFile ?? Variable("REGISTRY_AUTH_FILE")) is { } own)
        {
            var file = new CredentialFile(CredentialFile.Within(own), CredentialFileKind.Containers, search);
            return new([file], file);
        }
        CredentialFile Containers(string folder) =>
            new(Path.Combine(folder, "containers", "auth.json"), CredentialFileKind.Containers, search);
        var docker = new CredentialFile(Path.Combine(Variable("DOCKER_CONFIG") ?? Path.Combine(home, ".docker"), "config.json"),
            CredentialFileKind.Docker, search);
        return new(
        [
            Variable("XDG_RUNTIME_DIR") is { } runtime ? Containers(runtime)
                : new($"/run/containers/{Linux.User.Id}/auth.json", CredentialFileKind.Containers, search),
            Containers(Variable("XDG_CONFIG_HOME") ?? Path.Combine(home, ".config")),
            docker,
            new CredentialFile(Path.Combine(home, ".dockercfg"), CredentialFileKind.Legacy, search),
        ], docker);
    }

    /// <summary>
    /// Keeps a credential where it will be found: in the first file that knows the registry, else in Docker's. Returns that file's path.
    /// </summary>
    public async Task<string> SaveAsync(string registry, string user, string password, CancellationToken cancellation = default)
    {
        var file = files.FirstOrDefault(file => file.IsWritable && file.Knows(registry)) ?? preferred;
        await file.SaveAsync(registry, user, password, cancellation).ConfigureAwait(false);
        return file.Path;
    }

    /// <summary>Forgets a registry in every file. Returns the paths of those that knew it.</summary>
    public async Task<ImmutableArray<string>> RemoveAsync(string registry, CancellationToken cancellation = default)
    {
        var paths = ImmutableArray.CreateBuilder<string>();
        foreach (var file in files)
        {
            if (await file.RemoveAsync(registry, cancellation).ConfigureAwait(false))
                paths.Add(file.Path);
        }
        return paths.ToImmutable();
    }

    /// <inheritdoc cref="CredentialSource"/>
    /// <exception cref="UsageException">A file cannot be read.</exception>
    public async ValueTask<Credential> FindAsync(string registry, string repository, CancellationToken cancellation = default) =>
        await found.GetAsync((registry, repository), stop => LookUpAsync(registry, repository, stop), cancellation).ConfigureAwait(false);

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
