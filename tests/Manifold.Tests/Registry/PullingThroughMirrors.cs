using Manifold.Content;
using Manifold.Oci;
using Manifold.Publishing.Referrers;
using Manifold.Registry;
using Microsoft.AspNetCore.Http;

namespace Manifold.Tests.Registry;

/// <summary>One registry, one or two mirrors of it, and a <c>registries.conf</c>.</summary>
public sealed class PullingThroughMirrors : WithARegistry
{
    private ScriptedRegistry mirror = null!;

    [Fact]
    public async Task a_mirror_that_has_it_serves_all_and_the_registry_is_not_asked()
    {
        await MirrorAsync();
        var image = mirror.AddImage("hub/app", "1", Noise(5000));
        await PullAsync("app:1");
        Assert.True(Store.Contains(image.Digest));
        Assert.Empty(Registry.Requests);
        Assert.All(mirror.Requests, request => Assert.StartsWith("/v2/hub/app/", request.Path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task a_mirror_that_lacks_it_is_passed_over()
    {
        await MirrorAsync();
        var image = Registry.AddImage("app", "1", Noise(5000));
        await PullAsync("app:1");
        Assert.True(Store.Contains(image.Digest));
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(500)]
    public async Task a_mirror_that_refuses_is_passed_over(int status)
    {
        await MirrorAsync();
        mirror.Fault = async context =>
        {
            await ScriptedRegistry.RefuseAsync(context, status, "DENIED");
            return true;
        };
        var image = Registry.AddImage("app", "1", Noise(5000));
        await PullAsync("app:1");
        Assert.True(Store.Contains(image.Digest));
    }

    [Fact]
    public async Task a_mirror_that_is_not_there_is_asked_once()
    {
        await MirrorAsync();
        await mirror.DisposeAsync();
        var image = Registry.AddImage("app", "1", Noise(5000));
        await PullAsync("app:1");
        Assert.True(Store.Contains(image.Digest));
    }

    [Fact]
    public async Task a_mirror_that_sends_something_else_is_passed_over_and_nothing_wrong_is_kept()
    {
        await MirrorAsync();
        var content = Noise(2_000_000);
        var blob = Registry.AddBlob("app", content);
        mirror.AddBlob("hub/app", content);
        mirror.Blobs[blob.Digest] = Noise(2_000_000);
        await Client().PullBlobAsync(Registry.Reference("app"), blob, Store);
        Assert.Equal(content, await File.ReadAllBytesAsync(Store.BlobPath(blob.Digest)));
    }

    [Fact]
    public async Task when_all_fail_the_message_has_all_of_them()
    {
        await MirrorAsync();
        mirror.Fault = async context =>
        {
            await ScriptedRegistry.RefuseAsync(context, 403, "DENIED");
            return true;
        };
        Registry.Fault = mirror.Fault;
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => PullAsync("app:1"));
        Assert.StartsWith($"pull {Registry.Name}/app:1: the registry answered 403", refusal.Message, StringComparison.Ordinal);
        Assert.EndsWith($"mirrors also failed: {mirror.Name}: answered 403.", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pull-from-mirror = \"digest-only\"", true, false)]
    [InlineData("pull-from-mirror = \"tag-only\"", false, true)]
    [InlineData("pull-from-mirror = \"all\"", true, true)]
    public async Task a_mirror_may_be_for_tags_or_digests_only(string use, bool digests, bool tags)
    {
        await MirrorAsync(use);
        var content = new Manifest { Config = Registry.AddBlob("app", "{}"u8.ToArray()), Layers = [] }.ToJson();
        var image = Registry.AddManifest("app", "1", content);
        mirror.AddManifest("hub/app", "1", content);
        foreach (var (name, expected) in new[] { ($"app@{image.Digest}", digests), ("app:1", tags) })
        {
            mirror.Requests.Clear();
            Assert.NotNull(await Client().GetManifestAsync(Registry.Reference(name)));
            Assert.Equal(expected, !mirror.Requests.IsEmpty);
        }
    }

    [Fact]
    public async Task a_push_never_goes_to_a_mirror()
    {
        await MirrorAsync();
        var image = await SampleImages.WriteAsync(Store, "x");
        await Client().PushAsync(Store, image, Registry.Reference("app:1"));
        Assert.Empty(mirror.Requests);
        Assert.True(Registry.Manifests.ContainsKey("app:1"));
    }

    [Fact]
    public async Task each_host_gets_its_own_credentials()
    {
        await MirrorAsync();
        foreach (var registry in new[] { Registry, mirror })
        {
            registry.Fault = async context =>
            {
                if (context.Request.Headers.Authorization.Count > 0)
                    return false;
                context.Response.Headers.WWWAuthenticate = "Basic realm=\"here\"";
                await ScriptedRegistry.RefuseAsync(context, 401, "UNAUTHORIZED");
                return true;
            };
        }
        Registry.AddImage("app", "1", Noise(10));
        Options = Options with
        {
            Credentials = (registry, repository, _) => ValueTask.FromResult(new Credential
            {
                UserName =
                    registry == mirror.Name ? $"of the mirror, {repository}" : $"of the registry, {repository}",
                Password = "p",
            }),
        };
        await PullAsync("app:1");
        Assert.Contains(mirror.Requests, request => Basic(request) == "of the mirror, hub/app:p");
        Assert.Contains(Registry.Requests, request => Basic(request) == "of the registry, app:p");
        Assert.DoesNotContain(mirror.Requests, request => Basic(request)?.Contains("registry", StringComparison.Ordinal) is true);
    }

    [Fact]
    public async Task separate_accounts_read_and_write()
    {
        LetIn(request => request.Headers.Authorization.Count > 0);
        var image = await SampleImages.WriteAsync(Store, "x");
        var client = Client();
        await client.PushAsync(Store, image, Registry.Reference("app:1"));
        Assert.All(Registry.Requests.Where(request => request.Authorization is not null),
            request => Assert.Equal("writer:p", Basic(request)));
        Registry.Requests.Clear();
        await client.GetManifestAsync(Registry.Reference("app:1"));
        Assert.All(Registry.Requests.Where(request => request.Authorization is not null),
            request => Assert.Equal("reader:p", Basic(request)));
    }

    [Fact]
    public async Task what_a_target_has_is_read_with_the_account_that_writes()
    {
        LetIn(request => request.Headers.Authorization == $"Basic {Convert.ToBase64String("writer:p"u8)}");
        Registry.AddImage("app", "1", Noise(10));
        var image = await SampleImages.WriteIndexAsync(Store, "x", "linux/amd64");
        await Client().PushAsync(Store, image, Registry.Reference("app:1"));
        Assert.Equal(image.Digest, Digest.Of(Registry.Manifests["app:1"].Bytes));
        await AttachTwoAsync(image);
    }

    [Fact]
    public async Task a_mirror_that_lags_behind_is_not_asked_what_a_target_has()
    {
        await MirrorAsync();
        var image = Registry.AddImage("app", "1", Noise(10));
        mirror.AddManifest("hub/app",
            RegistryClient.ReferrersTag(image.Digest), new ImageIndex { Manifests = [] }.ToJson(), MediaType.Index);
        await AttachTwoAsync(image);
        Assert.Empty(mirror.Requests);
    }

    /// <summary>Two documents, one after the other; both must be listed then.</summary>
    private async Task AttachTwoAsync(Descriptor image)
    {
        var publisher = new ReferrerPublisher(Client(), Registry.Reference("app"), TimeProvider.System);
        foreach (var content in new byte[][] { [1], [2] })
            Assert.True(await publisher.AttachAsync(new Attachment
            {
                ArtifactType = "text/x",
                MediaType = "text/x",
                Subject = image,
                Content = content,
            }));
        Assert.Equal(2, ImageIndex.Parse(Registry.Manifests[$"app:{RegistryClient.ReferrersTag(image.Digest)}"].Bytes).Manifests.Length);
    }

    private static string? Basic(ScriptedRegistry.Asked request) =>
        request.Authorization is { } header ? System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(header.Split(' ')[1])) : null;

    private async Task MirrorAsync(string use = "")
    {
        mirror = await ScriptedRegistry.StartAsync();
        Folder.Write("registries.conf", $"""
            unqualified-search-registries = ["docker.io", 'quay.io']   # read past

            [[registry]]
            prefix = "{Registry.Name}"
            location = "{Registry.Name}"
            [[registry.mirror]]
            location = "{mirror.Name}/hub"
            {use}
            """);
        Options = Options with
        {
            Registries = RegistriesConf.From(
                new Dictionary<string, string> { ["CONTAINERS_REGISTRIES_CONF"] = Folder["registries.conf"] }, Folder["root"]),
        };
    }

    private Task PullAsync(string name) => new Puller(Client(), Store, Origins).PullAsync(Registry.Reference(name), []);

    /// <summary>The registry asks all others for a password; we have an account that reads and another that writes.</summary>
    private void LetIn(Func<HttpRequest, bool> known)
    {
        Registry.Fault = async context =>
        {
            if (known(context.Request))
                return false;
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"here\"";
            await ScriptedRegistry.RefuseAsync(context, 401, "UNAUTHORIZED");
            return true;
        };
        Options = Options with
        {
            Credentials = (_, _, _) => ValueTask.FromResult(new Credential { UserName = "reader", Password = "p" }),
            PushCredentials = (_, _, _) => ValueTask.FromResult(new Credential { UserName = "writer", Password = "p" }),
        };
    }
}

/// <summary>What <c>registries.conf</c> says of a name.</summary>
public sealed class ReadingRegistriesConf : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("prefix = \"quay.io/acme\"\nlocation = \"internal:5000/mirrored\"", "quay.io/acme/app:1", "internal:5000/mirrored/app:1")]
    [InlineData("prefix = \"quay.io/acme\"\nlocation = \"internal:5000/mirrored\"", "quay.io/acmes/app:1", "quay.io/acmes/app:1")]
    [InlineData("prefix = \"*.example.com\"\nlocation = \"internal:5000\"", "a.b.example.com/app:1", "internal:5000/app:1")]
    [InlineData("prefix = \"*.example.com\"", "a.example.com/app:1", "a.example.com/app:1")]
    [InlineData("prefix = \"*.example.com\"\nlocation = \"internal\"", "example.com/app:1", "example.com/app:1")]
    [InlineData("location = \"docker.io\"", "debian", "docker.io/library/debian:latest")]
    [InlineData("prefix = \"docker.io/library\"\nlocation = \"internal:5000/hub\"", "debian:12", "internal:5000/hub/debian:12")]
    [InlineData("prefix = \"quay.io/acme/app:1\"\nlocation = \"internal:5000/app:one\"", "quay.io/acme/app:1", "internal:5000/app:one")]
    [InlineData("prefix = \"quay.io\"\nlocation = \"internal:5000\"", "quay.io:443/acme/app:1", "quay.io:443/acme/app:1")]
    public void a_prefix_is_replaced_by_its_location(string rule, string name, string there) =>
        Assert.Equal(there,
            Read($"[[registry]]\n{rule}\n").PullFrom(ImageReference.Parse(name), byContent: false).Single().Reference.ToString());

    [Fact]
    public void the_longest_prefix_decides_and_mirrors_keep_their_order()
    {
        var conf = Read("""
            [[registry]]
            location = "quay.io"
            blocked = true
            [[registry]]
            prefix = "quay.io/acme"
            mirror-by-digest-only = true
            [[registry.mirror]]
            location = "one:80"
            insecure = true
            [[registry.mirror]]
            location = "two:5000/x"
            """);
        var digest = Digest.Of("x");
        Assert.Equal(["quay.io/acme/app:1"], Names(conf, "quay.io/acme/app:1"));
        Assert.Equal([$"one:80/app@{digest}", $"two:5000/x/app@{digest}", $"quay.io/acme/app@{digest}"],
            Names(conf, $"quay.io/acme/app@{digest}"));
        var refusal = Assert.Throws<RegistryException>(() => Names(conf, "quay.io/other/app:1"));
        Assert.StartsWith($"'quay.io/other/app:1' is blocked by '{folder["registries.conf"]}' (prefix 'quay.io'). ", refusal.Message,
            StringComparison.Ordinal);
        Assert.Throws<RegistryException>(() => conf.PushTo(ImageReference.Parse("quay.io/other/app:1")));
    }

    [Fact]
    public void pushes_keep_their_name_and_learn_what_is_insecure()
    {
        var target = Read("[[registry]]\nprefix = \"quay.io\"\nlocation = \"internal\"\ninsecure = true\n").PushTo(
            ImageReference.Parse("quay.io/a:1"));
        Assert.Equal(("quay.io/a:1", true), (target.Reference.ToString(), target.Insecure));
    }

    [Fact]
    public void files_that_come_later_replace_what_earlier_ones_say()
    {
        folder.Write("root/etc/containers/registries.conf",
            "[[registry]]\nlocation = \"a.io\"\n[[registry]]\nlocation = \"b.io\"\nblocked = true\n");
        folder.Write("root/etc/containers/registries.conf.d/2.conf", "[[registry]]\nprefix = \"a.io\"\nlocation = \"two.io\"\n");
        folder.Write("root/etc/containers/registries.conf.d/1.conf", "[[registry]]\nprefix = \"a.io\"\nlocation = \"one.io\"\n");
        folder.Write("home/.config/containers/registries.conf.d/9.conf", "[[registry]]\nprefix = \"c.io\"\nlocation = \"own.io\"\n");
        var conf = RegistriesConf.From(new Dictionary<string, string> { ["HOME"] = folder["home"] }, folder["root"]);
        Assert.Equal(["two.io/x:1"], Names(conf, "a.io/x:1"));
        Assert.Equal(["own.io/x:1"], Names(conf, "c.io/x:1"));
        Assert.Throws<RegistryException>(() => Names(conf, "b.io/x:1"));

        folder.Write("home/.config/containers/registries.conf", "");
        Assert.Equal(["b.io/x:1"],
            Names(RegistriesConf.From(new Dictionary<string, string> { ["HOME"] = folder["home"] }, folder["root"]), "b.io/x:1"));
    }

    [Theory]
    [InlineData("[[registry]]\nlocation = quay.io", "line 2: unexpected token `quay` while parsing a value. ")]
    [InlineData("[[registry]]\nlocation = \"quay.io", "line 2: invalid End-Of-File found on string literal. ")]
    [InlineData("[[registry]]\nlocation = \"a\"\nlocation = \"b\"", "line 3: 'location' is set twice")]
    [InlineData("[[registry]]\ninsecure = true", "neither 'prefix' nor 'location'")]
    [InlineData("[[registry]]\nlocation = \"https://quay.io\"", "must not have a scheme")]
    [InlineData("[registries.insecure]\nregistries = ['a']", "version 1 of the format")]
    [InlineData("[[registry]]\nlocation = \"a\"\nblocked = \"yes\"", "")]
    [InlineData("[[registry]\nlocation = \"a\"", "line 1: expected `]]` but was `]`. ")]
    [InlineData("[[registry]]\nlocation \"a\"", "line 2: expected `=` after key but was")]
    [InlineData("[aliases]\na = \"b/c\"\n\n[aliases.a]", "line 4: 'a' is not a table. ")]
    [InlineData("[aliases]\na = \"b/c\"\n[[aliases]]", "line 3: 'aliases' is set twice. ")]
    [InlineData("[aliases]\n[aliases]", "line 2: ")]
    [InlineData("\nx = [1, 2", "line 2: unexpected end-of-file while parsing array. ")]
    [InlineData("x = \"\\q\"", "line 1: unexpected escape character [q]")]
    [InlineData("x = 1 y = 2", "line 1: expected end-of-line after value but was `y`. ")]
    [InlineData("\0", "line 1: ")]
    public void a_damaged_file_is_named_with_its_line(string text, string what)
    {
        var usage = Assert.Throws<UsageException>(() => Names(Read(text), "quay.io/x:1"));
        Assert.StartsWith($"Reading '{folder["registries.conf"]}': ", usage.Message, StringComparison.Ordinal);
        Assert.Contains(what, usage.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void a_value_nested_without_end_is_refused() =>
        Assert.Throws<UsageException>(() => Names(Read("x = " + new string('[', 1_000_000)), "quay.io/x:1"));

    /// <summary>The same table three times: as the manual page writes it, inline, and with most of what TOML 1.0 allows.</summary>
    [Theory]
    [InlineData("""
        [[registry]]
        prefix = "a.io"
        location = "b.io"
        [[registry.mirror]]
        location = "m.io"
        [[registry.mirror]]
        location = "n.io"
        """)]
    [InlineData("registry = [{prefix = 'a.io', location = 'b.io', mirror = [{location = 'm.io'}, {location = 'n.io'}]}]")]
    [InlineData(""""
        # é
        [["registry"]] # one
        'prefix' = """
        a.io"""
        location = '''b.io'''
        since = 2020-01-01T00:00:00Z
        mirror = [
          {location = "\u006D.io"},
          # two
          {location = "n.io"},
        ]
        """")]
    public void every_way_to_write_a_table_is_read_alike(string text) =>
        Assert.Equal(["m.io/x:1", "n.io/x:1", "b.io/x:1"], Names(Read(text), "a.io/x:1"));

    [Fact]
    public void a_file_that_the_variable_names_must_be_there() => Assert.Throws<UsageException>(() =>
        Names(RegistriesConf.From(new Dictionary<string, string> { ["CONTAINERS_REGISTRIES_CONF"] = folder["nowhere"] }), "quay.io/x:1"));

    private static string[] Names(RegistriesConf conf, string name) =>
        [.. conf.PullFrom(ImageReference.Parse(name), byContent: false).Select(place => place.Reference.ToString())];

    private RegistriesConf Read(string text) => RegistriesConf.From(
        new Dictionary<string, string> { ["CONTAINERS_REGISTRIES_CONF"] = folder.Write("registries.conf", text) }, folder["root"]);
}
