using System.Collections.Immutable;
using Manifold.Content;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Text;

namespace Manifold.Fetching;

/// <summary>A build context as a folder of this machine.</summary>
/// <param name="Dockerfile">Where what came was no archive but a Dockerfile: its text. The folder is then empty.</param>
/// <param name="Commit">The commit, of a repository.</param>
/// <param name="When">Finds out when it was made, which may take reading all of it.</param>
internal sealed record FetchedContext(string Folder, byte[]? Dockerfile = null, string? Commit = null, Lazy<long?>? When = null)
{
    /// <summary>
    /// When it was made, in seconds since 1970: a commit's time, what the server says, or the newest file of an archive; null
    /// where nobody knows.
    /// </summary>
    public long? Time => When?.Value;
}

/// <summary>Makes folders of contexts that are none: repositories, files behind addresses, standard input.</summary>
/// <remarks>
/// <code>
/// git address         a commit's files
/// http(s) address     an archive's files, whatever packs it; else it is a Dockerfile without a context. Under a name: that one file
/// standard input      the same
/// </code>
/// What comes from an address stays in the store and is fetched once; standard input lasts as long as the process.
/// Source: Docker's "Build context".
/// </remarks>
/// <param name="credentials">For repositories.</param>
internal sealed class ContextFetcher(Store store, GitCredentials credentials)
{
    /// <summary>True for what is no path of this machine.</summary>
    public static bool IsRemote(string text) =>
        GitAddress.TryParse(text, asContext: true, out _) && !Directory.Exists(text) || HttpFetcher.IsAddress(text);

    /// <exception cref="FetchException">It cannot be had, or is neither archive nor text.</exception>
    public async Task<FetchedContext> FetchAsync(string address, bool keepGitFolder, CancellationToken cancellation)
    {
        if (GitAddress.TryParse(address, asContext: true, out var git))
        {
            var commit = await new GitFetcher(store, credentials).FetchAsync(git, keepGitFolder, cancellation).ConfigureAwait(false);
            return new FetchedContext(commit.Folder, Commit: commit.Commit, When: new(commit.Time));
        }
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || !HttpFetcher.IsAddress(uri.AbsoluteUri))
            throw new UsageException($"The context '{AddressSecrets.Without(address)}' is not a valid address. "
                + "Expected a folder, https://host/archive.tar.gz or https://host/repository.git#ref:folder.");
        var file = await new HttpFetcher(store).FetchAsync(uri, null, cancellation).ConfigureAwait(false);
        var opened = await OpenAsync(file.Path, AddressSecrets.Without(address), file.Path + ".files", cancellation).ConfigureAwait(false);
        return file.Modified is { } modified ? opened with { When = new(modified.Seconds) } : opened;
    }

    /// <summary>
    /// A context under a name: a commit's files, or a folder with the one file that is behind an address (BuildKit's behaviour).
    /// </summary>
    /// <inheritdoc cref="FetchAsync"/>
    public async Task<FetchedContext> FetchNamedAsync(string address, bool keepGitFolder, CancellationToken cancellation)
    {
        if (GitAddress.TryParse(address, asContext: true, out _) || !Uri.TryCreate(address, UriKind.Absolute, out var uri))
            return await FetchAsync(address, keepGitFolder, cancellation).ConfigureAwait(false);
        var name = HttpFetcher.NameOf(uri);
        var file = await new HttpFetcher(store).FetchAsync(uri, null, cancellation).ConfigureAwait(false);
        var folder = Directory.CreateDirectory(file.Path + ".named").FullName;
        var path = Path.Combine(folder, name);
        using var turn = await SourceLock.TakeAsync(folder + ".lock", cancellation).ConfigureAwait(false);
        if (!File.Exists(path))
        {
            var partial = folder + ".partial"; // beside it: the name may be as long as a name can be
            File.Copy(file.Path, partial, overwrite: true);
            File.SetUnixFileMode(partial, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.Move(partial, path);
        }
        return new FetchedContext(folder, When: new(() => FileTimes.Of(file, AddressSecrets.Without(address), cancellation)));
    }

    /// <summary>Reads a context from a stream to its end.</summary>
    public async Task<FetchedContext> ReadAsync(Stream input, CancellationToken cancellation)
    {
        var path = Path.Combine(store.WorkFolder, "context-" + Guid.NewGuid().ToString("N"));
        var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write);
        await using (file.ConfigureAwait(false))
            await input.CopyToAsync(file, cancellation).ConfigureAwait(false);
        if (new FileInfo(path).Length == 0)
            throw new UsageException("The context on standard input is empty. Expected a tar or a Dockerfile.");
        return await OpenAsync(path, "standard input", path + ".files", cancellation).ConfigureAwait(false);
    }

    private async Task<FetchedContext> OpenAsync(string path, string name, string folder, CancellationToken cancellation)
    {
        using var turn = await SourceLock.TakeAsync(folder + ".lock", cancellation).ConfigureAwait(false);
        if (Directory.Exists(folder) || TryUnpack(path, name, folder, cancellation))
            return new FetchedContext(folder, When: new(SourceTime.Read(folder)));
        var content = new FileInfo(path).Length <= Limits.DockerfileBytes
            ? await File.ReadAllBytesAsync(path, cancellation).ConfigureAwait(false)
            : null;
        if (content is null || content.Contains((byte)0))
            throw new FetchException($"The context from {name} is neither a tar (plain, gzip, bzip2, xz, zstd) nor a Dockerfile.");
        return new FetchedContext(
            Directory.CreateDirectory(Path.Combine(store.WorkFolder, "empty-" + Guid.NewGuid().ToString("N"))).FullName, content);
    }

    private static bool TryUnpack(string path, string name, string folder, CancellationToken cancellation)
    {
        using var archive = Archive.TryOpen(new FileStream(path, FileMode.Open, FileAccess.Read), name);
        if (archive is null)
            return false;
        var partial = folder + ".partial";
        FileTree.Delete(partial);
        Directory.CreateDirectory(partial);
        long? newest = null;
        new FolderWriter(partial, FolderFormat.Plain)
            .Write(archive.ReadThrough(folder + ".tar", cancellation: cancellation).Entries().Select(Noted).Select(Ours)
                .Where(entry => entry.Kind is not (EntryKind.CharacterDevice or EntryKind.BlockDevice)), cancellation);
        File.Delete(folder + ".tar");
        if (newest is { } time)
            SourceTime.Write(folder, time);
        Directory.Move(partial, folder);
        return true;

        LayerEntry Noted(LayerEntry entry)
        {
            if (entry.Kind == EntryKind.File)
                newest = Math.Max(newest ?? entry.Modified.Seconds, entry.Modified.Seconds);
            return entry;
        }
    }

    /// <summary>A context's files belong to nobody: what COPY makes of them is root's.</summary>
    private static LayerEntry Ours(LayerEntry entry) => entry with
    {
        Uid = UserNamespace.EnteredFor is null ? User.Id : 0,
        Gid = UserNamespace.EnteredFor is null ? User.GroupId : 0,
        Xattrs = ImmutableSortedDictionary<string, byte[]>.Empty,
    };
}
