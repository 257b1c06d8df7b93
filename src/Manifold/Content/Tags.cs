using System.Collections.Immutable;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>The names of the store's images: the entries of <c>index.json</c>, each annotated with the full reference.</summary>
/// <remarks>
/// So that <c>skopeo inspect oci:ROOT:quay.io/acme/app:1</c> works in place. Names are compared in normal form: what another
/// tool stored as <c>debian:12</c> is found as <c>docker.io/library/debian:12</c>, and its entry stays as that tool wrote it.
/// Changes are made under a lock and appear at once; readers never wait. Source: OCI image specification, "OCI Image Layout", "index.json".
/// </remarks>
public sealed class Tags
{
    private readonly Store store;
    private readonly string path;

    internal Tags(Store store)
    {
        this.store = store;
        path = Path.Combine(store.Root, "index.json");
        if (!File.Exists(path))
            Change(entries => entries);
    }

    /// <summary>What the name stands for, or null. A reference with a digest finds what has that digest under any tag of its repository.</summary>
    public Descriptor? Find(ImageReference reference) =>
        List().FirstOrDefault(image => reference.Digest is { } digest
            ? image.Target.Digest == digest && image.Reference?.Name == reference.Name
            : image.Reference == reference)?.Target;

    /// <summary>Every image that has a name, in the order of the file.</summary>
    public ImmutableArray<NamedImage> List() =>
        [.. Read().Manifests.Where(entry => ReferenceName.Of(entry) is not null).Select(entry => new NamedImage(ReferenceName.Of(entry)!, entry.WithoutName()))];

    /// <summary>What must be kept: the targets of all entries, also of those that another tool wrote without a name.</summary>
    public ImmutableArray<Descriptor> Roots() => [.. Read().Manifests.Select(ReferenceName.WithoutName)];

    /// <summary>Names an image, and takes the name from the one that had it. Idempotent. The content is in the store before its name.</summary>
    public void Set(ImageReference reference, Descriptor target) => SetAll([(reference, target)]);

    /// <summary>Sets all names in one step: no reader sees some of them without the others.</summary>
    public void SetAll(IReadOnlyCollection<(ImageReference Reference, Descriptor Target)> names) => Change(entries =>
    {
        foreach (var (reference, target) in names)
        {
            var entry = target.Named(reference.ToString());
            var index = entries.FindIndex(existing => Has(existing, reference));
            entries = index < 0 ? entries.Add(entry)
                : entries.SetItem(index, entry).RemoveAll(existing => existing != entry && Has(existing, reference));
        }
        return entries;
    });

    /// <summary>Keeps content that has no name: what refers to an image. Idempotent.</summary>
    public void Keep(IReadOnlyCollection<Descriptor> contents) => Change(entries =>
    {
        var known = entries.Select(entry => entry.Digest).ToHashSet();
        return entries.AddRange(contents.Where(content => known.Add(content.Digest)).Select(ReferenceName.WithoutName));
    });

    /// <summary>Takes the name away; the content stays until a prune. False where nothing had it.</summary>
    public bool Remove(ImageReference reference)
    {
        var removed = false;
        Change(entries =>
        {
            var rest = entries.RemoveAll(entry => Has(entry, reference));
            removed = rest.Count < entries.Count;
            return rest;
        });
        return removed;
    }

    private void Change(Func<ImmutableList<Descriptor>, ImmutableList<Descriptor>> change) => store.Guarded(() =>
    {
        using var alone = FileLock.Take(Path.Combine(store.Root, "index.lock"));
        var before = Read();
        var after = change(before.Manifests.ToImmutableList());
        if (!File.Exists(path) || !after.SequenceEqual(before.Manifests))
            Store.ReplaceFile(path, (before with { Manifests = [.. after] }).ToJson());
    });

    private ImageIndex Read()
    {
        try
        {
            return ImageIndex.Parse(File.ReadAllBytes(path));
        }
        catch (FileNotFoundException)
        {
            return new ImageIndex { Manifests = [] };
        }
        catch (FormatException e)
        {
            throw new ContentMismatchException($"Reading '{path}': {e.Message} Mend the file, or move it away; the images' content is untouched.");
        }
    }

    private static bool Has(Descriptor entry, ImageReference reference) =>
        ImageReference.TryParse(ReferenceName.Of(entry), out var name) && name == reference;
}

/// <summary>One entry of the store's index: a name as it was written, and what it stands for.</summary>
public sealed record NamedImage(string Name, Descriptor Target)
{
    /// <summary>The name in normal form; null where another tool wrote what is not a reference.</summary>
    public ImageReference? Reference => ImageReference.TryParse(Name, out var reference) ? reference : null;
}
