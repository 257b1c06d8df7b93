using System.Collections.Concurrent;
using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Solving.Copying;

/// <summary>A file, folder or link that a COPY takes, with the digest of a file's content.</summary>
/// <param name="Path">Relative to its source; empty is the source itself.</param>
public sealed record SelectedFile(string Path, LayerEntry Entry, Digest? Content);

/// <summary>What one match of one source is: a file, or a folder with everything in it.</summary>
/// <param name="Name">Its last name, which a file keeps in a destination folder.</param>
public sealed record SelectedSource(string Name, ImmutableArray<SelectedFile> Files)
{
    public LayerEntry Root => Files[0].Entry;
    public bool IsFolder => Root.Kind == EntryKind.Folder;
}

/// <summary>Everything that a COPY takes, by content: equal selections have equal digests, whatever the times on disk.</summary>
public sealed record Selection(ImmutableArray<SelectedSource> Sources)
{
    /// <summary>Chooses the files of a step's sources.</summary>
    /// <remarks>A wildcard may match nothing where another source is there, as in <c>COPY package.json package-lock.json* ./</c>.</remarks>
    /// <exception cref="StepFailedException">A source is missing, or wildcards are all there is and match nothing.</exception>
    public static Selection Of(CopyStep step, ISourceTree tree)
    {
        var sources = step.Sources.SelectMany(source => Match(step, tree, source)).Select(match => (match.Name, Entries: WithAllBelow(tree, match.Entry))).ToList();
        if (sources.Count == 0 && step.Sources is [var first, ..])
            throw new StepFailedException(step, tree.DescribeMissing(first) + ": the wildcard matches nothing.");
        return Hashed(tree, sources);
    }

    /// <summary>Chooses one path with all below it.</summary>
    /// <exception cref="StepFailedException">It is not there.</exception>
    public static Selection OfPath(Step step, ISourceTree tree, string path) => tree.Find(path) is { } entry
        ? Hashed(tree, [("", WithAllBelow(tree, entry))])
        : throw new StepFailedException(step, tree.DescribeMissing(path) + ".");

    private static Selection Hashed(ISourceTree tree, List<(string Name, List<LayerEntry> Entries)> sources)
    {
        var files = sources.SelectMany(source => source.Entries).Where(entry => entry.Kind == EntryKind.File).DistinctBy(entry => entry.Path).ToList();
        var digests = new ConcurrentDictionary<string, Digest>(StringComparer.Ordinal);
        Parallel.ForEach(files, file => digests[file.Path] = tree.DigestOf(file));
        return new Selection([.. sources.Select(source => new SelectedSource(source.Name,
            [.. source.Entries.Select(entry => new SelectedFile(RelativeTo(source.Entries[0].Path, entry.Path), entry, digests.TryGetValue(entry.Path, out var digest) ? digest : null))]))]);
    }

    /// <summary>The digest of paths, kinds, modes, owners, links and contents, in the order of the sources.</summary>
    public Digest Digest()
    {
        using var key = new KeyBuilder();
        foreach (var source in Sources)
        {
            key.Add(source.Name).Add(source.Files.Length);
            foreach (var (path, entry, content) in source.Files)
                key.Add(path).Add((long)entry.Kind).Add(entry.Mode).Add(entry.Uid).Add(entry.Gid).Add(entry.LinkTarget)
                    .Add(((long)entry.DeviceMajor << 32) | entry.DeviceMinor).Add(content?.ToString());
        }
        return key.ToDigest();
    }

    private static List<LayerEntry> WithAllBelow(ISourceTree tree, LayerEntry root) =>
        root.Kind == EntryKind.Folder ? [root, .. tree.Below(root.Path)] : [root];

    private static string RelativeTo(string folder, string path) => path.Length == folder.Length ? "" : folder.Length == 0 ? path : path[(folder.Length + 1)..];

    private static IEnumerable<(string Name, LayerEntry Entry)> Match(CopyStep step, ISourceTree tree, string source)
    {
        var plain = source.Trim('/');
        if (!Wildcards.IsPattern(plain))
            return tree.Find(plain) is { } entry ? [(EntryPath.Name(plain), entry)]
                : throw new StepFailedException(step, tree.DescribeMissing(source) + ".");
        return Wildcards.Expand(tree, plain).Select(path => (Name: EntryPath.Name(path), Entry: tree.Find(path)))
            .Where(match => match.Entry is not null).Select(match => (match.Name, match.Entry!));
    }
}
