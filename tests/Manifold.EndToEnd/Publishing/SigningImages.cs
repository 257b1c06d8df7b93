using System.Security.Cryptography;
using System.Text.Json;
using Manifold.Content;
using Manifold.EndToEnd.Registry;
using Manifold.Images;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Publishing.Signing;
using Manifold.Registry;
using Manifold.Verification.Signatures;

namespace Manifold.EndToEnd.Publishing;

/// <summary>Key files, without any registry.</summary>
public sealed class SigningKeys : IDisposable
{
    private const string Password = "tr0ub4dor & 3";
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(Password)]
    [InlineData("")]
    public async Task a_generated_pair_signs_and_openssl_agrees(string password)
    {
        var pair = SigningKey.Generate(password);
        using var key = await LoadAsync(pair.PrivatePem, password);
        await OpensslVerifies(key, folder.Write("cosign.pub", pair.PublicPem));
    }

    [Fact]
    public async Task a_key_file_is_of_the_form_that_cosign_reads()
    {
        var pair = SigningKey.Generate(Password);
        Assert.StartsWith("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n", pair.PrivatePem, StringComparison.Ordinal);
        var json = JsonDocument.Parse(Convert.FromBase64String(string.Concat(pair.PrivatePem.Split('\n')[1..^2]))).RootElement;
        Assert.Equal("""{"N":65536,"r":8,"p":1}""", json.GetProperty("kdf").GetProperty("params").GetRawText());
        Assert.Equal(("scrypt", "nacl/secretbox"),
            (json.GetProperty("kdf").GetProperty("name").GetString(), json.GetProperty("cipher").GetProperty("name").GetString()));
        // A second implementation derives the key: Python's own scrypt (OpenSSL's).
        var derived = await Tool.Run("python3", "-c", """
            import base64, hashlib, json, sys
            file = json.loads(sys.argv[1]); salt = base64.b64decode(file["kdf"]["salt"]); p = file["kdf"]["params"]
            print(hashlib.scrypt(sys.argv[2].encode(), salt=salt, n=p["N"], r=p["r"], p=p["p"], dklen=32, maxmem=256*1024*1024).hex(), len(salt), len(base64.b64decode(file["cipher"]["nonce"])))
            """, json.GetRawText(), Password);
        Assert.Matches("^[0-9a-f]{64} 32 24\n$", derived);
    }

    [Theory]
    [InlineData("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256")]
    [InlineData("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384")]
    [InlineData("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes-256-cbc -pass pass:secret")]
    [InlineData("ecparam -name prime256v1 -genkey -noout")]
    public async Task keys_that_openssl_made_sign(string command)
    {
        await Tool.Run("openssl", [.. command.Split(' '), "-out", folder["key.pem"]]);
        await Tool.Run("openssl", "pkey", "-in", folder["key.pem"], "-passin", "pass:secret", "-pubout", "-out", folder["key.pub"]);
        using var key =
            await SigningKey.ParseAsync(await File.ReadAllTextAsync(folder["key.pem"]), "key.pem", (_, _) => Task.FromResult("secret"));
        await OpensslVerifies(key, folder["key.pub"]);
    }

    [Fact]
    public async Task a_wrong_password_is_told_without_telling_it()
    {
        var pair = SigningKey.Generate(Password);
        var error = await Assert.ThrowsAsync<UsageException>(() => LoadAsync(pair.PrivatePem, "not-this-one"));
        Assert.Contains("the password is wrong", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("not-this-one", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no pem at all", "no PEM block")]
    [InlineData("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\ne30=\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n",
        "not encrypted as cosign encrypts")]
    [InlineData("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n", "not JSON")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "public key")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "not an ECDSA")]
    public async Task what_is_no_key_is_told(string text, string why) =>
        Assert.Contains(why, (await Assert.ThrowsAsync<UsageException>(() => LoadAsync(text))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task a_file_that_asks_for_the_whole_memory_is_refused()
    {
        var json =
            """{"kdf":{"name":"scrypt","params":{"N":1099511627776,"r":8,"p":1},"salt":"AAAA"},"cipher":{"name":"nacl/secretbox","nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"ciphertext":"AAAA"}""";
        var error = await Assert.ThrowsAsync<UsageException>(() => LoadAsync(
            $"-----BEGIN ENCRYPTED COSIGN PRIVATE KEY-----\n{Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(json))}\n"
                + $"-----END ENCRYPTED COSIGN PRIVATE KEY-----\n"));
        Assert.Contains("out of range", error.Message, StringComparison.Ordinal);
    }

    private Task<SigningKey> LoadAsync(string pem, string password = Password) =>
        SigningKey.ParseAsync(pem, "cosign.key", (_, _) => Task.FromResult(password));

    private async Task OpensslVerifies(SigningKey key, string publicKey)
    {
        await File.WriteAllBytesAsync(folder["payload"], "payload"u8.ToArray());
        await File.WriteAllBytesAsync(folder["signature"], key.Sign("payload"u8));
        Assert.Equal("Verified OK\n",
            await Tool.Run("openssl", "dgst", "-sha256", "-verify", publicKey, "-signature", folder["signature"], folder["payload"]));
    }
}

/// <summary>
/// Signatures in Debian's registry, which knows no referrers, judged by containers/image: what podman, buildah, CRI-O and skopeo verify
/// with.
/// </summary>
public sealed class SigningImages(SharedRegistry shared) : IClassFixture<SharedRegistry>, IAsyncLifetime
{
    private readonly TemporaryFolder folder = new(Peer.VisibleFolder is { } seen ? Path.Combine(seen, "tmp") : null);
    private readonly RegistryClient client = new(new RegistryOptions());
    private readonly string repository = "acme/" + Guid.NewGuid().ToString("N");
    private DebianRegistry registry = null!;
    private Store store = null!;
    private SigningKey key = null!;
    private VerificationKey publicKey = null!;
    private Descriptor image = null!;

    private ImageReference Name => ImageReference.Parse($"{registry.Name}/{repository}:1");

    public async ValueTask InitializeAsync()
    {
        registry = shared.Get();
        store = Store.Open(folder["store"]);
        (key, publicKey) = await NewKeyAsync("cosign");
        image = await PushAsync(Name, "x");
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        store?.Dispose();
        key?.Dispose();
        publicKey?.Dispose();
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task podman_s_policy_accepts_the_signed_image_and_each_platform_of_it()
    {
        await SignAsync();
        foreach (var part in await PartsAsync())
            await IsAcceptedAsync(part.Descriptor.Digest);
    }

    [Fact]
    public async Task podman_s_policy_refuses_what_is_not_signed_or_signed_by_another()
    {
        var before = await PullUnderPolicyAsync(image.Digest);
        Assert.NotEqual(0, before.ExitCode);
        Assert.Contains("signature", before.Error, StringComparison.OrdinalIgnoreCase);
        using var other = (await NewKeyAsync("other")).Key;
        await new ImageSigner(client, Name, other, TimeProvider.System).SignAsync(await SourceAsync(), image);
        Assert.NotEqual(0, (await PullUnderPolicyAsync(image.Digest)).ExitCode);
    }

    [Fact]
    public async Task podman_s_policy_refuses_a_signature_that_was_moved_from_another_image()
    {
        await SignAsync();
        var other = await PushAsync(ImageReference.Parse($"{registry.Name}/{repository}:2"), "y");
        var signature = (await client.GetManifestAsync(Name.WithTag(SimpleSigning.TagOf(image.Digest))))!;
        await client.PushManifestAsync(Name.WithTag(SimpleSigning.TagOf(other.Digest)), signature.Bytes, MediaType.Manifest);

        Assert.NotEqual(0, (await PullUnderPolicyAsync(other.Digest)).ExitCode);
        var report = await CheckAsync(publicKey, Name.WithTag("2"));
        Assert.Equal([SignatureOutcome.WrongDigest, SignatureOutcome.Missing, SignatureOutcome.Missing],
            report.Findings.Select(finding => finding.Outcome));
    }

    [Fact]
    public async Task openssl_verifies_the_payload()
    {
        await SignAsync();
        var layer = Manifest.Parse((await client.GetManifestAsync(Name.WithTag(SimpleSigning.TagOf(image.Digest))))!.Bytes.Span).Layers[0];
        await File.WriteAllBytesAsync(folder["signature"],
            Convert.FromBase64String(layer.Annotations!["dev.cosignproject.cosign/signature"]));
        var payload = await Tool.Run("curl", "-sf", $"http://{registry.Name}/v2/{repository}/blobs/{layer.Digest}");
        Assert.Equal(
            $$$"""{"critical":{"identity":{"docker-reference":"{{{Name.Name}}}"},"image":{"docker-manifest-digest":"{{{image.Digest}}}"},"type":"cosign container image signature"},"optional":null}""",
            payload);
        await Tool.Run("openssl",
            "dgst", "-sha256", "-verify", folder["cosign.pub"], "-signature", folder["signature"], folder.Write("payload", payload));
    }

    [Fact]
    public async Task every_part_is_signed_in_both_places_and_the_image_stays_as_it_was()
    {
        await SignAsync();
        foreach (var part in await PartsAsync())
        {
            var referrer = Assert.Single((await client.ListReferrersAsync(Name, part.Descriptor.Digest)).Entries);
            Assert.Equal("application/vnd.dev.cosign.artifact.sig.v1+json", referrer.ArtifactType);
            var manifest = Manifest.Parse((await client.GetManifestAsync(Name.WithDigest(referrer.Digest)))!.Bytes.Span);
            Assert.Equal((part.Descriptor.Digest, "application/vnd.dev.cosign.simplesigning.v1+json"),
                (manifest.Subject!.Digest, manifest.Layers[0].MediaType));
        }
        Assert.Equal(image.Digest, (await client.HeadManifestAsync(Name))!.Digest);
        Assert.True((await CheckAsync(publicKey)).IsSigned);
    }

    [Fact]
    public async Task signing_again_adds_nothing()
    {
        Assert.Equal(["index", "linux/amd64", "linux/arm64"], (await SignAsync()).Select(part => part.Name));
        var tags = await client.ListTagsAsync(Name);
        Assert.Empty(await SignAsync());
        Assert.Equal(tags, await client.ListTagsAsync(Name));
        Assert.Single(Manifest.Parse((await client.GetManifestAsync(Name.WithTag(SimpleSigning.TagOf(image.Digest))))!.Bytes.Span).Layers);
    }

    [Fact]
    public async Task a_second_signer_keeps_the_first_ones_signature()
    {
        await SignAsync();
        var (other, otherPublic) = await NewKeyAsync("other");
        await new ImageSigner(client, Name, other, TimeProvider.System).SignAsync(await SourceAsync(), image);
        Assert.True((await CheckAsync(publicKey)).IsSigned);
        Assert.True((await CheckAsync(otherPublic)).IsSigned);
        await IsAcceptedAsync(image.Digest);
        other.Dispose();
        otherPublic.Dispose();
    }

    [Fact]
    public async Task signers_at_the_same_moment_all_get_in()
    {
        var keys = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => NewKeyAsync($"key{i}")));
        await Task.WhenAll(keys.Select(
            async pair => await new ImageSigner(client, Name, pair.Key, new PatientTime(20)).SignAsync(await SourceAsync(), image)));
        foreach (var (signer, verifier) in keys)
        {
            Assert.True((await CheckAsync(verifier)).IsSigned);
            signer.Dispose();
            verifier.Dispose();
        }
    }

    [Fact]
    public async Task a_check_names_each_part_that_is_not_signed()
    {
        var platform = (await PartsAsync())[1].Descriptor;
        await SignAsync();
        foreach (var tag in new[] { SimpleSigning.TagOf(platform.Digest), RegistryClient.ReferrersTag(platform.Digest) })
            await client.DeleteManifestAsync(Name.WithDigest((await client.HeadManifestAsync(Name.WithTag(tag)))!.Digest));
        var report = await CheckAsync(publicKey);
        Assert.Equal([SignatureOutcome.Signed, SignatureOutcome.Missing, SignatureOutcome.Signed],
            report.Findings.Select(finding => finding.Outcome));
        Assert.StartsWith("linux/amd64: sha256:", report.Findings[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_check_tells_another_key_from_no_signature()
    {
        var (other, otherPublic) = await NewKeyAsync("other");
        Assert.All((await CheckAsync(publicKey)).Findings, finding => Assert.Equal(SignatureOutcome.Missing, finding.Outcome));
        await SignAsync();
        Assert.All((await CheckAsync(otherPublic)).Findings, finding => Assert.Equal(SignatureOutcome.WrongKey, finding.Outcome));
        other.Dispose();
        otherPublic.Dispose();
    }

    [Fact]
    public async Task a_mirror_must_be_named()
    {
        await SignAsync();
        var mirror = ImageReference.Parse($"{registry.Name}/mirror/{repository}:1");
        await PushAsync(mirror, "x");
        foreach (var part in await PartsAsync())
        {
            var signature = (await client.GetManifestAsync(Name.WithTag(SimpleSigning.TagOf(part.Descriptor.Digest))))!;
            foreach (var blob in Manifest.Parse(signature.Bytes.Span) is var manifest ? manifest.Layers.Add(manifest.Config) : [])
                await client.PushBlobAsync(mirror, blob, new BlobSource(null, [Name]));
            await client.PushManifestAsync(mirror.WithTag(SimpleSigning.TagOf(part.Descriptor.Digest)),
                signature.Bytes, MediaType.Manifest);
        }
        var report = await CheckAsync(publicKey, mirror);
        Assert.All(report.Findings, finding => Assert.Equal(SignatureOutcome.WrongReference, finding.Outcome));
        Assert.Contains($"--signed-as {Name.Name}", report.Findings[0].Message, StringComparison.Ordinal);
        Assert.True((await CheckAsync(publicKey, mirror, Name)).IsSigned);
    }

    private async Task<System.Collections.Immutable.ImmutableArray<SignedPart>> SignAsync() =>
        await new ImageSigner(client, Name, key, TimeProvider.System).SignAsync(await SourceAsync(), image);

    private async Task<SignatureReport> CheckAsync(VerificationKey with, ImageReference? name = null, ImageReference? signedAs = null)
    {
        await using var source = new RegistrySource(client, store, name ?? Name);
        return await new SignatureCheck(source, new SignatureReader(source), with, signedAs ?? name ?? Name).RunAsync();
    }

    private async Task<System.Collections.Immutable.ImmutableArray<SignedPart>> PartsAsync() =>
        await SignedParts.OfAsync(await SourceAsync(), image);

    private Task<IImageSource> SourceAsync() => Task.FromResult<IImageSource>(new StoreSource(store, client, Name, image));

    private async Task<Descriptor> PushAsync(ImageReference name, string content)
    {
        var small = new SmallImage(store);
        await small.AddAsync("linux/amd64", ("bin/x", content));
        await small.AddAsync("linux/arm64", ("bin/x", content + "arm"));
        var top = await small.IndexAsync();
        await using var source = new StoreSource(store, client, name, top);
        await new Publisher(new PublishingTools(store, client, TimeProvider.System))
            .PublishAsync(source, top, new PublicationRequest { Targets = [name] });
        return top;
    }

    private async Task<(SigningKey Key, VerificationKey Public)> NewKeyAsync(string name)
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256); // not a sealed file: opening one takes a while, on purpose
        folder.Write($"{name}.pub", pair.ExportSubjectPublicKeyInfoPem());
        return (await SigningKey.ParseAsync(pair.ExportPkcs8PrivateKeyPem(), $"{name}.key", (_, _) => Task.FromResult("")),
            VerificationKey.Of(pair));
    }

    private async Task IsAcceptedAsync(Digest digest)
    {
        var pulled = await PullUnderPolicyAsync(digest);
        Assert.True(pulled.ExitCode == 0, pulled.Error);
    }

    /// <summary>
    /// Pulls with a policy that demands this key's signature, as a cluster's hosts would: containers/image, through buildah.
    /// </summary>
    /// <remarks>Not skopeo of Debian 12: its signature support is switched off ("Debian-local change: sigstore disabled").</remarks>
    private async Task<ChildProcess.Result> PullUnderPolicyAsync(Digest digest)
    {
        folder.Write("registries.d/all.yaml", $"docker:\n  {registry.Name}:\n    use-sigstore-attachments: true\n");
        var policy = folder.Write("policy.json", $$$"""
            {
              "default": [ { "type": "reject" } ],
              "transports": { "docker": { "{{{registry.Name}}}": [
                { "type": "sigstoreSigned", "keyPath": "{{{folder["cosign.pub"]}}}", "signedIdentity": { "type": "matchRepository" } }
              ] } }
            }
            """);
        var platform = (await PartsAsync()).FirstOrDefault(part => part.Descriptor.Digest == digest)?.Descriptor.Platform?.Architecture
            ?? "amd64";
        return await Peer.TryBuildah("--registries-conf-dir",
            folder["registries.d"], "--root", folder["containers"], "--runroot", folder["run"], "--storage-driver", "vfs",
            "pull", "--quiet", "--signature-policy", policy, "--tls-verify=false", "--arch", platform, $"docker://{Name.Name}@{digest}");
    }
}
