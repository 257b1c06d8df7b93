using System.Collections.Immutable;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Content;

/// <summary>The names of the store's images: the entries of <c>index.json</c>, each annotated with the full reference.</summary>
/// <remarks>
/// So that <c>skopeo inspect oci:ROOT:quay.io/acme/app:1</c> works in place. Names are compared in normal form: what another
/// tool stored as <c>debian:12</c> is found as <c>docker.io/library/debian:12</c>, and its entry stays as that tool wrote it.
/// The file is parsed once for each state that it has: a reader asks the kernel for its state, which costs microseconds, and whoever
/// wrote it, this process or another, is seen by the next reader. Changes are made under a lock and appear at once; readers never wait
/// for writers. Thread-safe. Source: OCI image specification, "OCI Image Layout", "index.json".
/// </remarks>
public sealed class Tags : IDisposable
{
    private readonly Store store;
    private readonly TagFile file;
    private readonly Lock joining = new();
    private List<Pending> pending = [];
    private bool isWriting;

    internal Tags(Store store)
    {
        this.store = store;
        file = new TagFile(store.Layout.Index);
        if (!file.Exists)
            Change(index => index);
    }

    /// <summary>All names at this moment.</summary>
    /// <exception cref="ContentMismatchException"><c>index.json</c> is not an image index.</exception>
    internal TagIndex Read() => file.Read();

    /// <summary>The image of a name, or null. A reference with a digest finds the image with it under any tag of its repository.</summary>
    public Descriptor? Find(ImageReference reference) => Read().Find(reference);

    /// <summary>Every image that has a name, in the order of the file.</summary>
    public ImmutableArray<NamedImage> List() => [.. Read().Images];

    /// <summary>What must be kept: the targets of all entries, also of those that another tool wrote without a name.</summary>
    internal ImmutableArray<Descriptor> Roots() =>
        [.. Read().Entries.Select(entry => entry.Image?.Target ?? entry.Descriptor.WithoutName())];

    /// <summary>True if the store keeps content without a name, such as referrers.</summary>
    public bool KeepsNameless => Read().Entries.Any(entry => entry.Image is null);

    /// <summary>Names an image, and takes the name from the one that had it. Idempotent. The content is stored before its name.</summary>
    public void Set(ImageReference reference, Descriptor target) => SetAll([(reference, target)]);

    /// <summary>Sets all names in one step: no reader sees some of them without the others.</summary>
    public void SetAll(IReadOnlyCollection<(ImageReference Reference, Descriptor Target)> names) => Change(Setting(names));

    /// <inheritdoc cref="SetAll"/>
    public Task SetAllAsync(IReadOnlyCollection<(ImageReference Reference, Descriptor Target)> names) => ChangeAsync(Setting(names));

    private static Func<TagIndex, TagIndex> Setting(IReadOnlyCollection<(ImageReference Reference, Descriptor Target)> names)
    {
        var entries = names.Select(name => (name.Reference, TagEntry.Of(name.Target.Named(name.Reference.ToString())))).ToList();
        return index => index.With(entries);
    }

    /// <summary>Keeps content that has no name: what refers to an image. Idempotent.</summary>
    internal void Keep(IReadOnlyCollection<Descriptor> contents) => Change(index =>
    {
        var known = index.Entries.Select(entry => entry.Descriptor.Digest).ToHashSet();
        var added = contents.Where(content => known.Add(content.Digest)).Select(content => TagEntry.Of(content.WithoutName())).ToList();
        return added.Count == 0 ? index : index.Adding(added);
    });

    /// <summary>Takes the name away; the content stays until a prune. False where nothing had it.</summary>
    public bool Remove(ImageReference reference) => RemoveAll([reference]);

    /// <summary>Takes all names away in one step. False where nothing had any of them.</summary>
    public bool RemoveAll(IReadOnlyCollection<ImageReference> references) => RemoveAllAsync(references).GetAwaiter().GetResult();

    /// <inheritdoc cref="RemoveAll"/>
    public async Task<bool> RemoveAllAsync(IReadOnlyCollection<ImageReference> references)
    {
        var removed = false;
        await ChangeAsync(index =>
        {
            var rest = index.Without(references);
            removed = rest != index;
            return rest;
        }).ConfigureAwait(false);
        return removed;
    }

    private void Change(Func<TagIndex, TagIndex> change) => ChangeAsync(change).GetAwaiter().GetResult();

    /// <summary>Changes the file under the lock that all processes take.</summary>
    /// <remarks>Changes that arrive from other threads during a write are written together, and wait without a thread.</remarks>
    private Task ChangeAsync(Func<TagIndex, TagIndex> change)
    {
        var own = new Pending(change);
        lock (joining)
        {
            pending.Add(own);
            if (isWriting)
                return own.Written.Task;
            isWriting = true;
        }
        WritePending();
        return own.Written.Task;
    }

    private void WritePending()
    {
        List<Pending> together;
        lock (joining)
            (together, pending) = (pending, []);
        Exception? failure = null;
        try
        {
            Write(together);
        }
        catch (Exception e)
        {
            failure = e;
        }
        foreach (var each in together)
            _ = failure is null ? each.Written.TrySetResult() : each.Written.TrySetException(failure);
        lock (joining)
        {
            isWriting = pending.Count > 0;
            if (isWriting)
                _ = Task.Run(WritePending, CancellationToken.None); // not by this thread, whose own change is written
        }
    }

    private void Write(List<Pending> together) => store.Guarded(() =>
    {
        using var alone = FileLock.Take(store.Layout.IndexLock);
        var before = file.Read();
        var after = together.Aggregate(before, (index, each) => each.Change(index));
        if (after != before || !file.Exists)
            file.Replace(after);
    });

    private sealed class Pending(Func<TagIndex, TagIndex> change)
    {
        public Func<TagIndex, TagIndex> Change => change;
        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Dispose() => file.Dispose();
}
