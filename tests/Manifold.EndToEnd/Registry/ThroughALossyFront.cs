using System.Security.Cryptography;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.EndToEnd.Registry;

/// <summary>
/// Every kind of request × every fault, before Debian's registry: nothing is lost, and nothing wrong is ever published or stored.
/// </summary>
public sealed class ThroughALossyFront : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<RequestKind> Kinds => [.. Enum.GetValues<RequestKind>()];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task a_fault_in_this_kind_of_request_is_overcome(RequestKind kind)
    {
        await using var registry = await DebianRegistry.StartAsync();
        await using var front = await LossyFront.StartAsync(registry.Name, kind);
        await Task.WhenAll(Enum.GetValues<Fault>().Select(fault => OvercomeAsync(registry, front, kind, fault)));
    }

    private async Task OvercomeAsync(DebianRegistry registry, LossyFront front, RequestKind kind, Fault fault)
    {
        var name = fault.ToString().ToLowerInvariant();
        using var store = Store.Open(folder[$"{name}/store"]);
        using var pulled = Store.Open(folder[$"{name}/pulled"]);
        var index = await WriteIndexAsync(store);
        using var direct = new RegistryClient(new RegistryOptions());
        RegistryException? refusal = null;
        try
        {
            var time = new ManualTime(Retries.Patience);
            if (fault is Fault.Silence)
                front.WhileSilent = () => time.Advance(Options.StallTimeout * 10);
            using var client = new RegistryClient(Options with { Time = time });
            await AllAsync(client, front.Name, name, store, pulled, index);
        }
        catch (RegistryException e)
        {
            refusal = e;
        }

        Assert.True(front.HasSpoiled(fault), $"{kind} {fault}: no such request was made.");
        // A list or a token that came damaged, and a digest that was confirmed wrongly, may be refused; what is cut or late may not.
        if (fault is not Fault.WrongDigest)
            Assert.True(refusal is null, $"{kind} {fault}: {refusal}");
        foreach (var repository in new[] { name, $"{name}-copy" })
        {
            var tag = await direct.HeadManifestAsync(Reference(registry.Name, $"{repository}:1"));
            Assert.True(tag is null ? refusal is not null : tag.Digest == index.Digest,
                $"{kind} {fault}: {repository}:1 is {tag?.Digest.ToString() ?? "not there"}.");
        }
        await VerifyAsync(pulled);

        // The fault is over: what was refused is finished by the same again.
        if (refusal is not null)
        {
            using var again = new RegistryClient(Options);
            await AllAsync(again, front.Name, name, store, pulled, index);
        }
        Assert.Equal(await VerifyAsync(store), await VerifyAsync(pulled));
    }

    private static RegistryOptions Options => new()
    {
        Credentials = (_, _, _) => ValueTask.FromResult(new Credential { UserName = "joe", Password = LossyFront.Password }),
        RetryDelay = TimeSpan.FromMilliseconds(5),
        StallTimeout = TimeSpan.FromMinutes(2),
        ChunkBytes = 50_000,
    };

    /// <summary>A push, another to a second repository (which mounts), a pull, and the lists.</summary>
    private static async Task AllAsync(RegistryClient client, string host, string name, Store store, Store pulled, Descriptor index)
    {
        await client.PushAsync(store, index, Reference(host, $"{name}:1"), Reference(host, $"{name}-copy:1"));
        Assert.Equal(index.Digest,
            (await new Puller(client, pulled, new BlobOrigins(pulled)).PullAsync(Reference(host, $"{name}:1"), [])).Top.Digest);
        Assert.Equal(["1"], await client.ListTagsAsync(Reference(host, name)));
        Assert.Empty((await client.ListReferrersAsync(Reference(host, name), index.Digest)).Entries);
        Assert.NotNull(await client.HeadManifestAsync(Reference(host, $"{name}:1")));
    }

    /// <summary>The names of all blobs; each is what its name says.</summary>
    private static async Task<List<string>> VerifyAsync(Store store)
    {
        var names = new List<string>();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(store.Root, "blobs", "sha256")).Order(StringComparer.Ordinal))
        {
            names.Add(Path.GetFileName(file));
            Assert.Equal(names[^1], Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(file))));
        }
        return names;
    }

    private static async Task<Descriptor> WriteIndexAsync(Store store)
    {
        var layer = await store.WriteAsync(RandomNumberGenerator.GetBytes(90_000), MediaType.LayerGzip);
        var config = await store.WriteAsync(new ImageConfig { Os = "linux", Architecture = "amd64" }.ToJson(), MediaType.Config);
        var manifest = await store.WriteAsync(new Manifest { Config = config, Layers = [layer] }.ToJson(), MediaType.Manifest);
        return await store.WriteAsync(new ImageIndex { Manifests = [manifest] }.ToJson(), MediaType.Index);
    }

    private static ImageReference Reference(string host, string name) => ImageReference.Parse($"{host}/{name}");
}
