using System.Collections.Immutable;
using Manifold.Concurrency;
using Manifold.Dockerfile;
using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Solving.Copying;

/// <summary>A file, folder or link that a COPY takes, with the digest of a file's content.</summary>
/// <param name="Path">Relative to its source; empty is the source itself.</param>
internal sealed record SelectedFile(string Path, LayerEntry Entry, Digest? Content);

/// <summary>What one match of one source is: a file, or a folder with everything in it.</summary>
/// <param name="Name">Its last name, which a file keeps in a destination folder.</param>
internal sealed record SelectedSource(string Name, ImmutableArray<SelectedFile> Files)
{
    public LayerEntry Root => Files[0].Entry;
    public bool IsFolder => Root.Kind == EntryKind.Folder;

    /// <summary>Whether it is unpacked if it is an archive.</summary>
    public bool Unpack { get; init; }
}

/// <summary>Everything that a COPY takes, by content: equal selections have equal digests, whatever the times on disk.</summary>
internal sealed class Selection
{
    private readonly Lazy<Digest> digest;

    public Selection(ImmutableArray<SelectedSource> sources)
    {
        Sources = sources;
        digest = new Lazy<Digest>(() => DigestOf(sources));
    }

    public ImmutableArray<SelectedSource> Sources { get; }

    /// <summary>Files that <c>--exclude</c> means and that are taken all the same, because they are sources themselves.</summary>
    public ImmutableArray<string> TakenAnyway { get; init; } = [];

    /// <summary>Chooses the files of a step's sources.</summary>
    /// <remarks>A wildcard may match nothing where another source is there, as in <c>COPY package.json package-lock.json* ./</c>.</remarks>
    /// <exception cref="StepFailedException">A source is missing, or wildcards are all there is and match nothing.</exception>
    public static Selection Of(CopyStep step, ISourceTree tree)
    {
        var sources =
            step.Sources.SelectMany(source => step.Parents ? ParentsKept.Choose(step, tree, source) : Match(step, tree, source)).ToList();
        if (sources.Count == 0 && step.Sources is [var first, ..])
            throw new StepFailedException(step, tree.DescribeMissing(first) + ": the wildcard matches nothing.");
        if (!IgnoreRules.TryParse(step.Exclude, out var rules) || rules.IsEmpty)
            return Hashed(tree, sources, step.UnpackArchives);
        var meant = sources.Where(source => source.Files[0].Entry.Kind != EntryKind.Folder && rules.Match(source.Name).Excluded);
        return new Selection(Hashed(tree, [.. sources.Select(source => Without(rules, source))], step.UnpackArchives).Sources)
        {
            TakenAnyway = [.. meant.Select(source => source.Name).Distinct()],
        };
    }

    /// <summary>Chooses one path with all below it.</summary>
    /// <exception cref="StepFailedException">It is not there.</exception>
    public static Selection OfPath(Step step, ISourceTree tree, string path)
    {
        if (tree.Find(path) is not { } entry)
            throw new StepFailedException(step, tree.DescribeMissing(path) + ".");
        return Hashed(tree, [Whole(tree, "", entry)], unpack: false);
    }

    private static Selection Hashed(ISourceTree tree, List<ChosenSource> sources, bool unpack)
    {
        var files = sources.SelectMany(source => source.Files).Select(file => file.Entry)
            .Where(entry => entry.Kind == EntryKind.File).ToList();
        if (sources.Count > 1) // they may overlap
            files = [.. files.DistinctBy(entry => entry.Path)];
        var digests = InParallel(files, tree.DigestOf);
        var links = files.Where(file => file.Identity is not null).GroupBy(file => file.Identity!).Where(names => names.Skip(1).Any())
            .Select(names => names.Key).ToHashSet();
        return new Selection([.. sources.Select(Selected)]);

        SelectedSource Selected(ChosenSource source) => new(source.Name, [.. source.Files.Select(Chosen)]) { Unpack = unpack };

        // Names of a file that are not chosen are nobody's business: the layer does not depend on them.
        SelectedFile Chosen((string Path, LayerEntry Entry) file) => new(file.Path,
            file.Entry.Identity is { } identity && !links.Contains(identity) ? file.Entry with { Identity = null } : file.Entry,
            digests.TryGetValue(file.Entry.Path, out var digest) ? digest : null);
    }

    /// <summary>Digests by path.</summary>
    private static Dictionary<string, Digest> InParallel(List<LayerEntry> files, Func<LayerEntry, Digest> digestOf)
    {
        var found = new Digest[files.Count];
        FirstFailure.ForAll(files.Count, i => found[i] = digestOf(files[i]));
        var byPath = new Dictionary<string, Digest>(files.Count, StringComparer.Ordinal);
        for (var i = 0; i < found.Length; i++)
            byPath[files[i].Path] = found[i];
        return byPath;
    }

    /// <summary>The digest of paths, kinds, modes, owners, links and contents, in the order of the sources. Made once.</summary>
    public Digest Digest() => digest.Value;

    private static Digest DigestOf(ImmutableArray<SelectedSource> sources)
    {
        using var key = new KeyBuilder();
        var names = new Dictionary<FileIdentity, int>();
        foreach (var source in sources)
        {
            key.Add(source.Name).Add(source.Files.Length).Add(source.Unpack ? 1 : 0)
                .Add(source.Root.TimeIsOwn ? source.Root.Modified.Seconds : -1);
            foreach (var (path, entry, content) in source.Files)
            {
                key.Add(path).Add((long)entry.Kind).Add(entry.Mode).Add(entry.Uid).Add(entry.Gid).Add(entry.LinkTarget)
                    .Add(((long)entry.DeviceMajor << 32) | entry.DeviceMinor).Add(content?.ToString());
                if (entry.Identity is { } file && !names.TryAdd(file, names.Count))
                    key.Add("is").Add(names[file]);
            }
        }
        return key.ToDigest();
    }

    /// <summary>The same, and of times and extended attributes: of all that a program sees that is shown the files themselves.</summary>
    /// <param name="time">When the file of a path was modified, as its layer has it.</param>
    public Digest DigestOfAllSeen(Func<string, FileTime> time)
    {
        using var key = new KeyBuilder().Add("with times and attributes").Add(Digest());
        foreach (var entry in Sources.SelectMany(source => source.Files).Select(file => file.Entry))
        {
            var modified = time(entry.Path);
            key.Add(modified.Seconds).Add(modified.Nanoseconds).Add(entry.Xattrs.Count);
            foreach (var (name, value) in entry.Xattrs.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                key.Add(name).Add(value.AsSpan());
        }
        return key.ToDigest();
    }

    private static IEnumerable<ChosenSource> Match(CopyStep step, ISourceTree tree, string source)
    {
        var plain = source.Trim('/');
        if (!Wildcards.IsPattern(plain))
        {
            if (tree.Find(plain) is not { } entry)
                throw new StepFailedException(step, tree.DescribeMissing(source) + ".");
            return [Whole(tree, EntryPath.Name(plain), entry)];
        }
        return Wildcards.Expand(tree, plain).Select(Find)
            .Where(match => match.Entry is not null).Select(match => Whole(tree, match.Name, match.Entry!));

        (string Name, LayerEntry? Entry) Find(string path)
        {
            var entry = tree.Find(path);
            // A name that ends in no wildcard need not be in every folder before it.
            if (entry is null && !tree.Hides && Wildcards.IsPattern(EntryPath.Name(plain)))
                throw new StepFailedException(step, tree.DescribeMissing(path) + ": it is a broken symbolic link.");
            return (EntryPath.Name(path), entry);
        }
    }

    private static ChosenSource Whole(ISourceTree tree, string name, LayerEntry root)
    {
        IEnumerable<LayerEntry> entries = root.Kind == EntryKind.Folder ? tree.Below(root.Path).Prepend(root) : [root];
        return new ChosenSource(name, [.. entries.Select(entry => (EntryPath.Relative(entry.Path, root.Path), entry))]);
    }

    /// <summary>
    /// A folder without what <c>--exclude</c> names, seen from that folder. A file that is a source itself is taken (BuildKit's behaviour).
    /// </summary>
    private static ChosenSource Without(IgnoreRules rules, ChosenSource source)
    {
        if (source.Files[0].Entry.Kind != EntryKind.Folder)
            return source;
        var kept = source.Files.Select(file => file.Path).Where(path => path.Length == 0 || !rules.Match(path).Excluded)
            .ToHashSet(StringComparer.Ordinal);
        // A folder that is excluded itself comes along with what is kept below it.
        foreach (var path in kept.ToList())
            for (var folder = EntryPath.Parent(path); folder.Length > 0 && kept.Add(folder);)
                folder = EntryPath.Parent(folder);
        return source with { Files = [.. source.Files.Where(file => kept.Contains(file.Path))] };
    }
}

/// <summary>A source before its contents are looked at.</summary>
/// <param name="Files">Paths relative to the source, the source itself first, and in the order of <see cref="EntryPath.Order"/>.</param>
internal sealed record ChosenSource(string Name, ImmutableArray<(string Path, LayerEntry Entry)> Files);
