using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Manifold.Cli;
using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Publishing.Referrers;
using Manifold.Registry;
using Manifold.Verification.Packages;

namespace Manifold.EndToEnd.Publishing;

/// <summary>
/// SBOM, provenance and signature from <c>build</c> to <c>verify</c>, in Debian's registry, which lists no referrers itself.
/// </summary>
public sealed class AttachingDocuments(SharedRegistry shared) : IClassFixture<SharedRegistry>, IDisposable
{
    private const string Password = "s3cret-of-the-key", Token = "ghp_ABCDEFtoken";

    private readonly TemporaryFolder folder = new();
    private readonly RegistryClient client = new(new RegistryOptions());
    private readonly ImageReference name = ImageReference.Parse($"{shared.Get().Name}/acme/{Guid.NewGuid():N}:1");
    private readonly StringBuilder said = new();

    public void Dispose()
    {
        client.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task a_build_attaches_them_to_each_platform_and_verify_finds_the_signatures()
    {
        await BuildAsync();

        var index = (await client.GetManifestAsync(name))!;
        var platforms = ImageIndex.Parse(index.Bytes.Span).Manifests;
        Assert.Equal(["linux/amd64", "linux/arm64"], platforms.Select(entry => entry.Platform?.ToPlatform().ToString()));
        foreach (var platform in platforms)
            Assert.Equal(
                ["application/spdx+json", "application/vnd.dev.cosign.artifact.sig.v1+json", "application/vnd.in-toto+json"],
                (await ReferrersAsync(platform.Digest)).Select(entry => entry.ArtifactType).Order(StringComparer.Ordinal));
        Assert.Equal(["application/vnd.dev.cosign.artifact.sig.v1+json"],
            (await ReferrersAsync(index.Descriptor.Digest)).Select(entry => entry.ArtifactType));

        var (code, output) = await RunAsync("verify", "--key", folder["cosign.pub"], name.ToString());
        Assert.Equal(0, code);
        Assert.Matches(@"index +signed +sha256:\w+\nlinux/amd64 +signed +sha256:\w+\nlinux/arm64 +signed", output);
    }

    [Fact]
    public async Task the_same_build_again_attaches_nothing_new()
    {
        await BuildAsync();
        var before = await EverythingAsync();
        await BuildAsync();
        Assert.Equal(before, await EverythingAsync());
        Assert.Contains("attached: nothing new; 4 already there", said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_sbom_is_spdx_with_the_packages_and_their_licences()
    {
        await BuildAsync();
        var file = folder.Write("sbom.json", await DocumentAsync("application/spdx+json"));
        await Tool.Run("/usr/bin/python3", "-c", """
            import json, jsonschema, sys
            from license_expression import get_spdx_licensing
            document, schema = (json.load(open(path)) for path in sys.argv[1:])
            jsonschema.validate(document, schema)
            ids = [package["SPDXID"] for package in document["packages"]]
            assert len(ids) == len(set(ids)), "an id twice"
            known = set(ids) | {"SPDXRef-DOCUMENT"}
            assert all(r["spdxElementId"] in known and r["relatedSpdxElement"] in known for r in document["relationships"]), "a relationship to nothing"
            extracted = {info["licenseId"] for info in document.get("hasExtractedLicensingInfos", [])}
            licensing = get_spdx_licensing()
            for package in document["packages"]:
                declared = package["licenseDeclared"]
                if declared.startswith("LicenseRef-"):
                    assert declared in extracted, declared
                elif declared != "NOASSERTION":
                    assert not licensing.validate(declared).errors, declared
            """, file, Path.Combine(Here(), "spdx-2.3.schema.json"));
        var packages = JsonDocument.Parse(await File.ReadAllBytesAsync(file)).RootElement.GetProperty("packages").EnumerateArray().ToList();
        Assert.Equal([name.Name, "alpine", "busybox", "musl"], packages.Select(package => package.GetProperty("name").GetString()));
        Assert.Equal("pkg:apk/alpine/musl@1.2.5-r0?arch=x86_64&distro=alpine-3.20.1",
            packages[3].GetProperty("externalRefs")[0].GetProperty("referenceLocator").GetString());
        Assert.Equal("MIT AND BSD-2-Clause", packages[3].GetProperty("licenseDeclared").GetString());
        Assert.StartsWith("LicenseRef-", packages[2].GetProperty("licenseDeclared").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--provenance", "mode=min")]
    [InlineData("--provenance=mode=min")]
    [InlineData("--attest", "type=provenance,mode=min")]
    public async Task a_minimal_provenance_names_arguments_without_their_values(params string[] flags)
    {
        await BuildAsync(flags);
        var asked = JsonDocument
            .Parse(await DocumentAsync("application/vnd.in-toto+json")).RootElement.GetProperty("predicate").GetProperty("buildDefinition")
            .GetProperty("externalParameters");
        Assert.Equal("""{"API_TOKEN":"(withheld)","MODULES":"(withheld)","VERSION":"(withheld)"}""",
            asked.GetProperty("buildArguments").GetRawText());
    }

    [Fact]
    public async Task the_provenance_says_what_was_built_from_what_and_no_secret()
    {
        await BuildAsync();
        var text = await DocumentAsync("application/vnd.in-toto+json");
        var statement = JsonDocument.Parse(text).RootElement;
        Assert.Equal(("https://in-toto.io/Statement/v1", "https://slsa.dev/provenance/v1"),
            (statement.GetProperty("_type").GetString(), statement.GetProperty("predicateType").GetString()));
        Assert.Equal((await PlatformAsync()).Hex,
            statement.GetProperty("subject")[0].GetProperty("digest").GetProperty("sha256").GetString());
        var definition = statement.GetProperty("predicate").GetProperty("buildDefinition");
        var asked = definition.GetProperty("externalParameters");
        Assert.Equal(Digest.Of(await File.ReadAllBytesAsync(folder["app/Dockerfile"])).ToString(),
            asked.GetProperty("dockerfile").GetProperty("digest").GetString());
        Assert.Equal("""{"API_TOKEN":"(withheld)","MODULES":"https://git.example/modules","VERSION":"1.4"}""",
            asked.GetProperty("buildArguments").GetRawText());
        var commit = definition.GetProperty("resolvedDependencies")[0];
        Assert.Equal((await Tool.Run("git", "-C", folder["app"], "rev-parse", "HEAD")).Trim(),
            commit.GetProperty("digest").GetProperty("gitCommit").GetString());
        Assert.Equal("git+https://git.example/acme/app.git", commit.GetProperty("uri").GetString());
        Assert.False(commit.TryGetProperty("annotations", out _));
        var run = statement.GetProperty("predicate").GetProperty("runDetails");
        Assert.True(run.GetProperty("metadata").GetProperty("startedOn").GetDateTimeOffset()
            <= run.GetProperty("metadata").GetProperty("finishedOn").GetDateTimeOffset());
        Assert.DoesNotContain(Token, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task no_password_key_or_token_is_told_or_published()
    {
        Assert.Equal(0, (await RunAsync("key", "generate", "--output-key-prefix", folder["cosign"])).Code);
        await BuildAsync();
        await RunAsync("sign", "--key", folder["cosign.key"], name.ToString());
        await RunAsync("verify", "--key", folder["cosign.key"], name.ToString());
        var key = (await File.ReadAllTextAsync(folder["cosign.key"])).Split('\n')[1];
        foreach (var secret in new[] { Password, Token, key })
        {
            Assert.DoesNotContain(secret, said.ToString(), StringComparison.Ordinal);
            foreach (var document in await EverythingAsync(withContent: true))
                Assert.DoesNotContain(secret, document, StringComparison.Ordinal);
        }
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder["cosign.key"]));
    }

    [Fact]
    public async Task verify_fails_with_another_key_and_without_signatures()
    {
        await BuildAsync("--sbom");
        var (missing, _) = await RunAsync("verify", "--key", folder["cosign.pub"], name.ToString());
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        folder.Write("other.pub", other.ExportSubjectPublicKeyInfoPem());
        await RunAsync("sign", "--key", folder.Write("other.key", other.ExportPkcs8PrivateKeyPem()), name.ToString());
        var (wrong, _) = await RunAsync("verify", "--key", folder["cosign.pub"], name.ToString());
        var (right, _) = await RunAsync("verify", "--key", folder["other.pub"], name.ToString());
        Assert.Equal((1, 1, 0), (missing, wrong, right));
        Assert.Contains("linux/arm64: sha256:", said.ToString(), StringComparison.Ordinal);
        Assert.Matches("index: .*signatures? was.* made with this key, or", said.ToString());
    }

    [Fact]
    public async Task copies_keep_documents_and_signatures()
    {
        await BuildAsync();
        var mirror = $"{shared.Get().Name}/mirror/{Guid.NewGuid():N}:1";
        var (copied, _) = await RunAsync("copy", name.ToString(), mirror);
        var (code, _) = await RunAsync("verify", "--key", folder["cosign.pub"], "--signed-as", name.Name, mirror);
        Assert.Equal((0, 0), (copied, code));
        Assert.Equal(3, (await client.ListReferrersAsync(ImageReference.Parse(mirror), await PlatformAsync())).Entries.Length);
    }

    [Fact]
    public async Task what_others_attached_stays_listed()
    {
        await BuildAsync("--sbom");
        var platform = await PlatformAsync();
        var tag = name.WithTag(RegistryClient.ReferrersTag(platform));
        await new ReferrerPublisher(client, name, TimeProvider.System).AttachAsync(new Attachment
        {
            ArtifactType = "application/x.other",
            MediaType = "text/plain",
            Content = "x"u8.ToArray(),
            Subject = new Descriptor { MediaType = MediaType.Manifest, Digest = platform, Size = 1 },
        });
        await BuildAsync();
        Assert.Contains("application/x.other",
            ImageIndex.Parse((await client.GetManifestAsync(tag))!.Bytes.Span).Manifests.Select(entry => entry.ArtifactType));
        Assert.Equal(4, (await ReferrersAsync(platform)).Length);
    }

    [Theory]
    [InlineData("--sign needs a key", "build", "--push", "--sign", "-t", "localhost:1/x", ".")]
    [InlineData("--key needs --sign", "push", "--key", "k", "localhost:1/x")]
    [InlineData("Add --push", "build", "--sbom", ".")]
    [InlineData("There is no key file", "sign", "--key", "/none", "localhost:1/x")]
    [InlineData("--signed-as needs --key", "verify", "--signed-as", "x", "localhost:1/x")]
    public async Task wrong_usage_is_told_before_any_work(string message, params string[] arguments)
    {
        Assert.Equal(2, (await RunAsync(arguments)).Code);
        Assert.Contains(message, said.ToString(), StringComparison.Ordinal);
    }

    private async Task BuildAsync(params string[] what)
    {
        if (!File.Exists(folder["cosign.key"]))
        {
            using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            folder.Write("cosign.key", pair.ExportPkcs8PrivateKeyPem());
            folder.Write("cosign.pub", pair.ExportSubjectPublicKeyInfoPem());
        }
        if (!File.Exists(folder["app/Dockerfile"]))
        {
            folder.Write("app/Dockerfile", "FROM scratch\nARG TARGETARCH VERSION\nLABEL v=$VERSION\nCOPY $TARGETARCH /\n");
            foreach (var (docker, apk) in new[] { ("amd64", "x86_64"), ("arm64", "aarch64") })
            {
                folder.Write($"app/{docker}/etc/os-release", "ID=alpine\nVERSION_ID=3.20.1\n");
                folder.Write($"app/{docker}/lib/apk/db/installed", $"P:musl\nV:1.2.5-r0\n"
                    + $"A:{apk}\nL:MIT AND BSD-2-Clause\no:musl\n\nP:busybox\nV:1.36-r1\nA:{apk}\nL:GPL2, something\no:busybox\n");
            }
            foreach (var line in new[] { "init -q", $"remote add origin https://joe:{Token}@git.example/acme/app.git",
                "add -A", "-c user.name=x -c user.email=x@x commit -qm x" })
                await Tool.Run("git", ["-C", folder["app"], .. line.Split(' ')]);
        }
        string[] all = ["--sbom", "--provenance", "--sign", "--key", folder["cosign.key"]];
        var (code, _) = await RunAsync(["build",
            "--push", "--verify", "off", "--progress", "plain", "--platform", "linux/amd64,linux/arm64", "--build-arg", "VERSION=1.4",
            "--build-arg", $"API_TOKEN={Token}", "--build-arg", $"MODULES=https://joe:{Token}@git.example/modules?X-Amz-Signature={Token}",
            "-t", name.ToString(), .. what.Length > 0 ? what : all, folder["app"]]);
        Assert.True(code == 0, said.ToString());
    }

    private async Task<(int Code, string Output)> RunAsync(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var code = await CommandTree.RunAsync(new CliContext
        {
            Environment = ImmutableSortedDictionary<string, string>.Empty.Add("MANIFOLD_ROOT", folder["store"])
                .Add("COSIGN_PASSWORD", Password)
                .Add("PATH", "/usr/bin:/bin"),
            Out = output,
            Error = error,
            Time = TimeProvider.System,
            Interactive = false,
        }, arguments);
        said.Append(output).Append(error);
        return (code, output.ToString());
    }

    private async Task<Digest> PlatformAsync() => ImageIndex.Parse((await client.GetManifestAsync(name))!.Bytes.Span).Manifests[0].Digest;

    private async Task<ImmutableArray<Descriptor>> ReferrersAsync(Digest subject) =>
        (await client.ListReferrersAsync(name, subject)).Entries;

    private async Task<string> DocumentAsync(string artifactType)
    {
        var referrer = Assert.Single((await ReferrersAsync(await PlatformAsync())).Where(entry => entry.ArtifactType == artifactType));
        var blob = Manifest.Parse((await client.GetManifestAsync(name.WithDigest(referrer.Digest)))!.Bytes.Span).Layers[0];
        return await Tool.Run("curl", "-sf", $"http://{name.Registry}/v2/{name.Repository}/blobs/{blob.Digest}");
    }

    /// <summary>Every tag with its digest; with content also each manifest and each small blob of it.</summary>
    private async Task<List<string>> EverythingAsync(bool withContent = false)
    {
        var everything = new List<string>();
        foreach (var tag in await client.ListTagsAsync(name))
        {
            var found = (await client.GetManifestAsync(name.WithTag(tag)))!;
            everything.Add($"{tag} {found.Descriptor.Digest}");
            if (!withContent)
                continue;
            everything.Add(Encoding.UTF8.GetString(found.Bytes.Span));
            foreach (var entry in MediaType.IsIndex(found.Descriptor.MediaType) ? ImageIndex.Parse(found.Bytes.Span).Manifests : [])
                foreach (var blob in Manifest.Parse((await client.GetManifestAsync(name.WithDigest(entry.Digest)))!.Bytes.Span)
                    is var manifest
                    ? manifest.Layers.Add(manifest.Config)
                    : [])
                    everything.Add(blob.MediaType.EndsWith("json", StringComparison.Ordinal)
                        ? await Tool.Run("curl", "-sf", $"http://{name.Registry}/v2/{name.Repository}/blobs/{blob.Digest}")
                        : "");
        }
        return everything;
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}

/// <summary>The same in a registry that lists referrers itself: Manifold's own.</summary>
public sealed class AttachingWhereReferrersAreListed
{
    [Fact]
    public async Task the_registry_lists_them_and_no_tag_is_made()
    {
        await using var server = await RunningServer.StartAsync();
        using var folder = new TemporaryFolder();
        using var store = Store.Open(folder["store"]);
        using var client = new RegistryClient(new RegistryOptions());
        var name = ImageReference.Parse($"{server.Authority}/acme/app:1");
        var image = new SmallImage(store);
        await image.AddAsync("linux/amd64", ("var/lib/dpkg/status", "Package: a\nVersion: 1\n"));
        var top = await image.IndexAsync();
        await using var source = new StoreSource(store, client, name, top);
        var attachments = new ImageAttachments(new PublishingTools(store, client, TimeProvider.System),
            new AttachmentRequest { Sbom = true, Tool = "test-1" });
        var request = new PublicationRequest { Targets = [name] };

        Assert.Equal(new AttachmentSummary(1, 0, 0, 0), (await attachments.PublishAsync(source, top, request)).Summary);
        Assert.Equal(new AttachmentSummary(0, 0, 0, 1), (await attachments.PublishAsync(source, top, request)).Summary);

        var platform = ImageIndex.Parse(store.ReadDocument(top.Digest)).Manifests[0];
        var listed = JsonDocument.Parse(await Tool.Run("curl", "-sf", $"http://{server.Authority}/v2/acme/app/referrers/{platform.Digest}"))
            .RootElement.GetProperty("manifests");
        Assert.Equal("application/spdx+json", Assert.Single(listed.EnumerateArray()).GetProperty("artifactType").GetString());
        Assert.Equal(["1"], await client.ListTagsAsync(name));
    }

    [Fact]
    public async Task an_sbom_of_the_same_image_is_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        using var store = Store.Open(folder["store"]);
        var image = new SmallImage(store);
        await image.AddAsync("linux/amd64", ("var/lib/dpkg/status", "Package: a\nVersion: 1\n"));
        await using var source = await image.SourceAsync();
        async Task<byte[]> Sbom() =>
            new SpdxDocument((await ImageContents.ReadAsync(source)).Platforms[0], ImageReference.Parse("app"), "test-1").ToJson();
        Assert.Equal(await Sbom(), await Sbom());
    }

    [Theory]
    [InlineData("https://joe:pw@git.example/a.git?x=secret#y", "https://git.example/a.git")]
    [InlineData("git@git.example:acme/app.git", "ssh://git.example/acme/app.git")]
    [InlineData("ssh://git:pw@git.example:22/a.git", "ssh://git.example:22/a.git")]
    [InlineData("/home/joe/app", null)]
    [InlineData("file:///home/joe", null)]
    [InlineData("", null)]
    public void the_address_of_a_repository_has_no_credential(string remote, string? expected) =>
        Assert.Equal(expected, GitCommit.WithoutCredentials(remote));
}
