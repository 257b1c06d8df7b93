using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Server;

/// <summary>Those of a repository's names that a build or a pull gave: nobody pushed their images here.</summary>
/// <remarks>
/// Every push asks for blobs that are not here, so this is asked for all the time: the answer is kept with the state of the names, and
/// goes on from the answer for a former state where only pushes came between. Thread-safe.
/// </remarks>
internal sealed class BuiltImages(Store store)
{
    private readonly ConditionalWeakTable<RepositoryTags, Tops> known = [];

    public ImmutableArray<Descriptor> Of(string repository, RepositoryTags tags)
    {
        var steps = new Stack<RepositoryTags>();
        Tops? tops;
        for (var state = tags; !known.TryGetValue(state, out tops); state = state.LastChange.Before)
        {
            steps.Push(state);
            if (state.LastChange is null)
                break;
        }
        tops ??= Read(repository, steps.Pop());
        while (steps.TryPop(out var state))
        {
            var (_, added, removed) = state.LastChange!;
            if (removed is not null && tops.Has(removed))
                tops = Read(repository, state);
            else if (added is not null && !tops.Has(added) && !IsPushed(repository, added))
                tops = new(tops.Images.Add(added.Target));
            known.AddOrUpdate(state, tops);
        }
        return tops.Images;
    }

    private Tops Read(string repository, RepositoryTags state)
    {
        var images = state.Images.DistinctBy(image => image.Target.Digest).Where(image => !IsPushed(repository, image));
        var tops = new Tops([.. images.Select(image => image.Target)]);
        known.AddOrUpdate(state, tops);
        return tops;
    }

    private bool IsPushed(string repository, NamedImage image) =>
        store.Repositories.FindManifest(repository, image.Target.Digest) is not null;

    private sealed record Tops(ImmutableArray<Descriptor> Images)
    {
        public bool Has(NamedImage image) => Images.Any(top => top.Digest == image.Target.Digest);
    }
}
