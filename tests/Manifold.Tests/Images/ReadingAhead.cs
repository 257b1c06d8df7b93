using System.Collections.Immutable;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Tests.Registry;

namespace Manifold.Tests.Images;

/// <summary>What an index lists is read while the registry is asked what refers to it, unless the index lists too much.</summary>
public sealed class ReadingAhead : WithARegistry
{
    [Fact]
    public async Task a_short_index_is_read_while_its_referrers_are_asked_for()
    {
        var entries = Entries(2);
        AddIndex(entries);
        var read = new TaskCompletionSource();
        Registry.Fault = async context =>
        {
            var path = context.Request.Path.Value!;
            if (entries.Any(entry => path.EndsWith(entry.Digest.ToString(), StringComparison.Ordinal)))
                read.TrySetResult();
            else if (path.Contains("/referrers/", StringComparison.Ordinal))
                await read.Task.WaitAsync(context.RequestAborted);
            return false;
        };

        var parts = await Eventually.Ends(ReadAsync());

        Assert.Equal(3, parts.Documents.Length);
    }

    [Fact]
    public async Task an_index_with_many_entries_is_not_read_ahead()
    {
        AddIndex(Entries(65));
        Assert.Empty(await ReadBeforeARefusalAsync());
    }

    [Fact]
    public async Task an_index_whose_entries_are_large_together_is_not_read_ahead()
    {
        AddIndex([.. Entries(4).Select(entry => entry with { Size = Limits.ImageDocumentsBytes / 3 })]);
        Assert.Empty(await ReadBeforeARefusalAsync());
    }

    /// <summary>The requests for entries where the question for the index's referrers is refused.</summary>
    private async Task<IEnumerable<string>> ReadBeforeARefusalAsync()
    {
        Registry.Fault = async context =>
        {
            if (!context.Request.Path.Value!.Contains("/referrers/", StringComparison.Ordinal))
                return false;
            await ScriptedRegistry.RefuseAsync(context, 403, "DENIED", "no");
            return true;
        };
        await Assert.ThrowsAsync<RegistryException>(ReadAsync);
        var top = Registry.Manifests["app:1"].Bytes;
        return Registry.Requests.Select(request => request.Path).Where(path => path.Contains("/manifests/sha256:", StringComparison.Ordinal)
            && !path.EndsWith(Digest.Of(top).ToString(), StringComparison.Ordinal));
    }

    private async Task<ImageParts> ReadAsync()
    {
        await using var source = new RegistrySource(Client(), Store, Registry.Reference("app:1"));
        return await ImageParts.ReadAsync(source, withReferrers: true, TestContext.Current.CancellationToken);
    }

    private ImmutableArray<Descriptor> Entries(int count) =>
        [.. Enumerable.Range(0, count).Select(i => Registry.AddImage("app", $"entry-{i}", Noise(10)))];

    private void AddIndex(ImmutableArray<Descriptor> entries) =>
        Registry.AddManifest("app", "1", new ImageIndex { Manifests = entries }.ToJson(), MediaType.Index);
}
