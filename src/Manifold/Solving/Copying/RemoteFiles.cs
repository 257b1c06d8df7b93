using Manifold.Content;
using Manifold.Dockerfile;
using Manifold.Fetching;
using Manifold.Layers;
using Manifold.Planning;

namespace Manifold.Solving.Copying;

/// <summary>What ADD fetches, as sources like those of the context.</summary>
internal sealed class RemoteFiles(Store store, TimeProvider time, GitCredentials credentials)
{
    private readonly HttpFetcher http = new(store);
    private readonly GitFetcher git = new(store, credentials);

    /// <exception cref="FetchException">It cannot be had.</exception>
    public async Task<SelectedSource> OpenAsync(RemoteSource remote, CancellationToken cancellation) => remote switch
    {
        UrlSource url => FileOf(url, await http.FetchAsync(url.Address, url.Checksum, cancellation).ConfigureAwait(false)),
        GitSource source =>
            FolderOf((await git.FetchAsync(source.Address, source.KeepGitFolder, cancellation).ConfigureAwait(false)).Folder),
        _ => throw new InvalidOperationException($"{remote.GetType().Name} cannot be fetched."),
    };

    /// <summary>
    /// When a source was made, in seconds since 1970: a commit's time, what a server says, or the newest file of an archive;
    /// null where nobody knows.
    /// </summary>
    /// <exception cref="FetchException">It cannot be had.</exception>
    public async Task<long?> TimeAsync(RemoteSource remote, CancellationToken cancellation) => remote switch
    {
        UrlSource url => FileTimes.Of(
            await http.FetchAsync(url.Address, url.Checksum, cancellation).ConfigureAwait(false), url.Name, cancellation),
        GitSource source => (await git.FetchAsync(source.Address, source.KeepGitFolder, cancellation).ConfigureAwait(false)).Time,
        _ => throw new InvalidOperationException($"{remote.GetType().Name} cannot be fetched."),
    };

    private static SelectedSource FileOf(UrlSource source, FetchedFile file) => new(source.FileName,
    [
        new SelectedFile("", new LayerEntry
        {
            Path = "",
            Kind = EntryKind.File,
            Mode = 0x180,
            Size = file.Size,
            Modified = file.Modified ?? default,
            TimeIsOwn = file.Modified is not null, // 0600
            Open = () => new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read),
        }, file.Digest),
    ])
    {
        Unpack = source.Unpack,
    };

    private SelectedSource FolderOf(string folder)
    {
        var tree = new ContextTree(folder, IgnoreRules.None, new FileDigests(store, folder, time));
        var root = tree.Find("")!;
        return new SelectedSource("",
        [
            new SelectedFile("", root, null),
            .. tree.Below("")
                .Select(entry => new SelectedFile(entry.Path, entry, entry.Kind == EntryKind.File ? tree.DigestOf(entry) : null)),
        ]);
    }
}
