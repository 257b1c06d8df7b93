using Manifold.Images;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Registry;
using Manifold.Solving;

namespace Manifold.Tests.Registry;

/// <summary>Names without a registry, as containers-registries.conf(5) has them.</summary>
public sealed class ResolvingShortNames : WithARegistry
{
    private const string System = "root/etc/containers/registries.conf", DropIn = "root/etc/containers/registries.conf.d/";
    private const string Memory = "root/var/cache/containers/short-name-aliases.conf",
        UserMemory = "home/.cache/containers/short-name-aliases.conf";

    [Theory]
    [InlineData("tiny", "registry.example.com/team/tiny:latest")]
    [InlineData("tiny:2", "registry.example.com/team/tiny:2")]
    [InlineData("acme/app:1", "quay.example.com/acme/app:1")]
    [InlineData("hub", "docker.io/library/alpine:latest")]
    [InlineData("other:1", "docker.io/library/other:1")]
    [InlineData("docker.io/tiny", "docker.io/library/tiny:latest")]
    [InlineData("localhost/tiny", "localhost/tiny:latest")]
    [InlineData("host:5000/tiny", "host:5000/tiny:latest")]
    public void an_alias_stands_for_a_name_without_its_tag(string name, string expected)
    {
        Folder.Write(DropIn + "000-shortnames.conf", """
            [aliases]
            "tiny" = "registry.example.com/team/tiny"
            "acme/app" = "quay.example.com/acme/app"
            hub = "docker.io/alpine"
            """);
        Assert.Equal([expected], Remote(name));
    }

    [Fact]
    public void a_digest_goes_with_the_name()
    {
        Folder.Write(System, "[aliases]\ntiny = 'registry.example.com/team/tiny'\n");
        var digest = Digest.Of("x");
        Assert.Equal([$"registry.example.com/team/tiny@{digest}"], Remote($"tiny@{digest}"));
    }

    [Fact]
    public void a_later_file_wins_and_an_empty_value_takes_an_alias_back()
    {
        Folder.Write(System, "unqualified-search-registries = ['one.example.com']\n[aliases]\na = 'x.example.com/a'\nb = "
            + "'x.example.com/b'\n");
        Folder.Write(DropIn + "50.conf", "[aliases]\na = 'y.example.com/a'\nb = ''\n");
        Assert.Equal(["y.example.com/a:latest"], Remote("a"));
        Assert.Equal(["one.example.com/b:latest"], Remote("b"));
    }

    [Fact]
    public void what_podman_remembers_wins()
    {
        Folder.Write(System, "[aliases]\na = 'x.example.com/a'\n");
        Folder.Write(Manifold.Linux.User.IsRoot ? Memory : UserMemory, "[aliases]\n  \"a\" = \"z.example.com/a\"\n");
        Assert.Equal(["z.example.com/a:latest"], Remote("a"));
    }

    [Fact]
    public void registries_are_searched_in_their_order_and_the_last_file_says_which()
    {
        Folder.Write(System, "unqualified-search-registries = ['one.example.com']\n");
        Folder.Write(DropIn + "50.conf", "unqualified-search-registries = ['two.example.com:5000', 'docker.io', "
            + "\"three.example.com/team\"]\n");
        Assert.Equal(["two.example.com:5000/a:1", "docker.io/library/a:1", "three.example.com/team/a:1"], Remote("a:1"));
        Assert.Equal(["two.example.com:5000/x/a:1", "docker.io/x/a:1", "three.example.com/team/x/a:1"], Remote("x/a:1"));
    }

    [Fact]
    public void beside_the_users_own_file_the_systems_drop_ins_are_not_read()
    {
        Folder.Write(DropIn + "50.conf", "[aliases]\na = 'x.example.com/a'\nb = 'x.example.com/b'\n");
        Folder.Write("home/.config/containers/registries.conf", "[aliases]\na = 'own.example.com/a'\n");
        Folder.Write("home/.config/containers/registries.conf.d/1.conf", "[aliases]\nc = 'own.example.com/c'\n");
        Assert.Equal(["own.example.com/a:latest", "docker.io/library/b:latest", "own.example.com/c:latest"],
            [.. Remote("a"), .. Remote("b"), .. Remote("c")]);
    }

    [Theory]
    [InlineData("permissive", true)]
    [InlineData("disabled", true)]
    [InlineData("enforcing", false)]
    public void only_an_enforced_choice_of_several_is_refused(string mode, bool takesSeveral)
    {
        Folder.Write(System, $"short-name-mode = '{mode}'\nunqualified-search-registries = ['one.example.com', "
            + "'two.example.com']\n[aliases]\nb = 'x.example.com/b'\n");
        Assert.Equal(["x.example.com/b:latest"], Remote("b"));
        if (takesSeveral)
        {
            Assert.Equal(2, Remote("a").Length);
            return;
        }
        var refusal = Assert.Throws<UsageException>(() => Remote("a"));
        Assert.Contains("one.example.com/a:latest, two.example.com/a:latest", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("short-name-mode = 'guess'")]
    [InlineData("[aliases]\na = 'no-registry'")]
    [InlineData("[aliases]\na = 'x.example.com/a:1'")]
    [InlineData("[aliases]\n'a:1' = 'x.example.com/a'")]
    [InlineData("[aliases]\n'x.example.com/a' = 'x.example.com/a'")]
    [InlineData("unqualified-search-registries = ['no registry']")]
    public void a_file_that_says_nonsense_is_named(string text)
    {
        Folder.Write(System, text);
        Assert.Contains(Folder[System], Assert.Throws<UsageException>(() => Remote("a")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_pull_takes_the_first_registry_that_has_it_and_names_it_in_full()
    {
        await using var first = await ScriptedRegistry.StartAsync();
        Search(first.Name, Registry.Name);
        var image = Registry.AddImage("tiny", "1", Noise(100));
        var pulled = await new Puller(Client(), Store, Origins).PullAsync(ImageReference.Parse("tiny:1"), []);
        Assert.Equal((Registry.Reference("tiny:1"), image.Digest), (pulled.Reference, pulled.Top.Digest));
        Assert.Equal(1, first.Count("HEAD", "/v2/tiny/manifests/1"));
    }

    [Fact]
    public async Task what_none_of_them_has_is_told_with_each_ones_answer()
    {
        await using var first = await ScriptedRegistry.StartAsync();
        first.Fault = async context =>
        {
            await ScriptedRegistry.RefuseAsync(context, 403, "DENIED");
            return true;
        };
        Search(first.Name, Registry.Name);
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => Client().QualifyAsync(ImageReference.Parse("tiny:1")));
        Assert.Contains($"({first.Name}: answered 403; {Registry.Name} does not have it)", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_base_is_found_through_its_alias_and_its_layers_come_from_there()
    {
        Folder.Write(System, $"[aliases]\ntiny = '{Registry.Name}/team/tiny'\n");
        Configure();
        var image = Registry.AddImage("team/tiny", "1", Noise(100));
        var found = Assert.Single(await ResolveAsync("tiny:1"));
        Assert.Equal(ImageReference.Parse("docker.io/library/tiny:1"), found.Key.Item1);
        Assert.Equal((image.Digest, Registry.Reference("team/tiny:1"), $"{Registry.Name}/team/tiny"),
            (found.Value.Top!.Value, found.Value.FoundAs, found.Value.RepositoryOf(0).Name));
    }

    [Fact]
    public async Task what_was_built_here_under_the_short_name_comes_before_any_registry()
    {
        Folder.Write(System, $"[aliases]\ntiny = '{Registry.Name}/team/tiny'\n");
        Configure();
        var own = await SampleImages.WriteAsync(Store, "own");
        Store.Tags.Set(ImageReference.Parse("tiny:1"), own);
        Assert.Equal(own.Digest, Assert.Single(await ResolveAsync("tiny:1")).Value.Top);
        Assert.Empty(Registry.Requests);
    }

    [Fact]
    public async Task what_was_pulled_by_the_short_name_is_found_by_it()
    {
        Folder.Write(System, $"[aliases]\ntiny = '{Registry.Name}/team/tiny'\n");
        Configure();
        var image = Registry.AddImage("team/tiny", "1", Noise(100));
        var pulled = await new Puller(Client(), Store, Origins).PullAsync(ImageReference.Parse("tiny:1"), []);
        Store.Tags.Set(pulled.Reference, pulled.Top);
        Registry.Requests.Clear();
        Assert.Equal(image.Digest, Assert.Single(await ResolveAsync("tiny:1")).Value.Top);
        Assert.Empty(Registry.Requests);
    }

    [Fact]
    public async Task what_was_pulled_from_another_registry_under_the_plain_name_is_not_what_an_alias_means()
    {
        Folder.Write(System, $"[aliases]\ntiny = '{Registry.Name}/team/tiny'\n");
        Configure();
        var meant = Registry.AddImage("team/tiny", "1", Noise(100));
        var others = await SampleImages.WriteAsync(Store, "others");
        var hubs = ImageReference.Parse("docker.io/library/tiny:1");
        Store.Tags.Set(hubs, others);
        Origins.Record(others.Digest, hubs);
        Assert.Equal(meant.Digest, Assert.Single(await ResolveAsync("tiny:1")).Value.Top);
        var local = new LocalImages(Store, Options.Registries);
        Assert.Null(local.FindMeant(ImageReference.Parse("tiny:1")));
        Assert.Equal((hubs, others.Digest), (local.Find(ImageReference.Parse("tiny:1"))!.Value.Name,
            local.Find(ImageReference.Parse("tiny:1"))!.Value.Target.Digest));
        Assert.Equal(others.Digest, local.FindMeant(hubs)!.Value.Target.Digest);
    }

    [Fact]
    public async Task a_part_of_an_image_may_be_read_first_and_comes_from_the_registry_that_is_meant()
    {
        Folder.Write(System, $"[aliases]\ntiny = '{Registry.Name}/team/tiny'\n");
        Configure();
        Registry.AddImage("team/tiny", "1", Noise(100));
        var blob = Registry.AddBlob("team/tiny", Noise(200));
        await using var source = new RegistrySource(Client(), Store, ImageReference.Parse("tiny:1"));
        await using var content = await source.OpenBlobAsync(blob, TestContext.Current.CancellationToken);
        Assert.Equal(Registry.Reference("team/tiny:1"), source.Location.Reference);
    }

    [Fact]
    public void references_are_equal_whichever_way_they_were_written()
    {
        Assert.Equal(ImageReference.Parse("docker.io/library/tiny:latest"), ImageReference.Parse("tiny"));
        Assert.Equal(ImageReference.Parse("docker.io/library/tiny:latest").GetHashCode(), ImageReference.Parse("tiny").GetHashCode());
        Assert.Equal(("tiny", null), (ImageReference.Parse("tiny:1").ShortName, ImageReference.Parse("docker.io/tiny").ShortName));
    }

    private void Search(params string[] registries)
    {
        Folder.Write(System, $"unqualified-search-registries = [{string.Join(", ", registries.Select(registry => $"'{registry}'"))}]\n");
        Configure();
    }

    private void Configure() => Options = Options with { Registries = Conf() };

    private RegistriesConf Conf() => RegistriesConf.From(new Dictionary<string, string> { ["HOME"] = Folder["home"] }, Folder["root"]);

    private string[] Remote(string name) => [.. Conf().Names.Remote(ImageReference.Parse(name)).Select(candidate => candidate.ToString())];

    private Task<global::System.Collections.Immutable.ImmutableDictionary<(ImageReference, Platform),
        BaseImage>> ResolveAsync(string name) =>
        new BaseResolver(new Puller(Client(), Store, Origins), Store, TimeProvider.System).ResolveAsync(
            [new BaseNeed(ImageReference.Parse(name), Platform.Parse("linux/amd64"), default!)], pull: false, _ => { },
                CancellationToken.None);
}
