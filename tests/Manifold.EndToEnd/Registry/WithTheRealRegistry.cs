using System.Collections.Immutable;
using System.Security.Cryptography;
using Manifold.Cli;
using Manifold.Content;
using Manifold.Oci;
using Manifold.Publishing;
using Manifold.Registry;

namespace Manifold.EndToEnd.Registry;

/// <summary>Pull, push and log in with Debian's registry; skopeo judges.</summary>
public sealed class WithTheRealRegistry : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Store store;
    private readonly RegistryClient client = new(new RegistryOptions());

    public WithTheRealRegistry() => store = Store.Open(folder["store"]);

    public void Dispose()
    {
        client.Dispose();
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task skopeo_reads_every_platform_of_what_was_pushed()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var index = await SampleImages.WriteIndexAsync(store, "hello", "linux/amd64", "linux/arm64", "linux/arm/v7");

        await client.PushAsync(store, index, Reference(registry, "app:1"));

        await Tool.Run("skopeo",
            "copy", "-q", "--all", "--src-tls-verify=false", $"docker://{registry.Name}/app:1", $"oci:{folder["copy"]}:app");
        Assert.Equal(index.Digest,
            Digest.Of(await Tool.Run("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{registry.Name}/app:1")));
    }

    [Fact]
    public async Task what_skopeo_pushed_is_pulled_whole()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var index = await SampleImages.WriteIndexAsync(store, "hello", "linux/amd64", "linux/riscv64");
        store.Tags.Set(Reference(registry, "app:1"), index);
        await Tool.Run("skopeo",
            "copy", "-q", "--all", "--dest-tls-verify=false", $"oci:{store.Root}:{registry.Name}/app:1", $"docker://{registry.Name}/app:1");
        using var other = Store.Open(folder["other"]);

        var image = await new Puller(client, other, new BlobOrigins(other)).PullAsync(Reference(registry, "app:1"), []);

        Assert.Equal(index.Digest, image.Top.Digest);
        Assert.Equal(Blobs(store), Blobs(other));
    }

    [Fact]
    public async Task a_blob_of_more_than_100_MB_goes_in_pieces_and_comes_back()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var layer = await LargeBlobAsync(130_000_000);
        var reference = Reference(registry, "large");

        Assert.Equal(BlobPush.Uploaded, await client.PushBlobAsync(reference, layer, new BlobSource(store, [])));

        using var other = Store.Open(folder["other"]);
        await client.PullBlobAsync(reference, layer, other);
        Assert.Equal(layer.Size, other.SizeOf(layer.Digest));
    }

    [Fact]
    public async Task another_repository_mounts_what_is_there()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var image = await SampleImages.WriteAsync(store, "hello");
        var pusher = client;
        await pusher.PushAsync(store, image, Reference(registry, "one:1"));

        var done = await pusher.PushAsync(store, image, Reference(registry, "two:1"));

        Assert.Equal(new Transfers(Uploaded: 0, Mounted: 2, AlreadyThere: 0, UploadedBytes: 0), done);
        await Tool.Run("skopeo", "copy", "-q", "--src-tls-verify=false", $"docker://{registry.Name}/two:1", $"oci:{folder["copy"]}:two");
    }

    [Fact]
    public async Task logging_in_pushing_pulling_and_logging_out_work_from_the_command_line()
    {
        await using var registry = await DebianRegistry.StartAsync(asksForPassword: true);
        var name = $"{registry.Name}/app:1";
        store.Tags.Set(ImageReference.Parse(name), await SampleImages.WriteIndexAsync(store, "hello", "linux/amd64", "linux/arm64"));

        var (code, _, error) = await RunAsync("", "push", name);
        Assert.Equal(3, code);
        Assert.Contains($"answered 401", error, StringComparison.Ordinal);
        Assert.EndsWith($"Log in with: manifold login {registry.Name}\n", error, StringComparison.Ordinal);

        (code, _, error) = await RunAsync("wrong password", "login", registry.Name, "-u", "joe", "--password-stdin");
        Assert.Equal(3, code);
        Assert.False(File.Exists(folder["docker/config.json"]));

        (code, _, error) = await RunAsync($"{DebianRegistry.Password}\n", "login", registry.Name, "-u", "joe", "--password-stdin");
        Assert.Equal((0, $"Logged in to {registry.Name} as joe. The credentials are in {folder["docker/config.json"]}\n"), (code, error));
        var config = folder["docker/config.json"];
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(config));

        Assert.Equal(0, (await RunAsync("", "push", name)).Code);
        await Tool.Run("skopeo", "inspect", "--raw", "--tls-verify=false", "--authfile", config, $"docker://{name}");
        Assert.Equal(0, (await RunAsync("", "pull", name, "--platform", "linux/arm64")).Code);

        Assert.Equal(0, (await RunAsync("", "logout", registry.Name)).Code);
        Assert.Equal(3, (await RunAsync("", "pull", name)).Code);
    }

    [Fact]
    public async Task reading_and_writing_may_have_separate_accounts_and_a_kubernetes_secret_is_one()
    {
        await using var registry = await DebianRegistry.StartAsync(asksForPassword: true);
        var name = $"{registry.Name}/acme/app:1";
        store.Tags.Set(ImageReference.Parse(name), await SampleImages.WriteIndexAsync(store, "hello", "linux/amd64"));
        string Auths(string key, string password) =>
            $$"""{"auths": {"{{key}}": {"auth": "{{Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"joe:{password}"))}}"} } }""";
        var right = folder.Write("secret/.dockerconfigjson", Auths($"{registry.Name}/acme", DebianRegistry.Password));
        var wrong = folder.Write("wrong.json", Auths(registry.Name, "wrong"));

        Assert.Equal(3, (await RunAsync("", "push", name, "--authfile", wrong)).Code);
        Assert.Equal(3, (await RunAsync("", "push", name, "--pull-authfile", right, "--push-authfile", wrong)).Code);
        Assert.Equal(0,
            (await RunAsync("", "push", name, "--pull-authfile", wrong, "--push-authfile", Path.GetDirectoryName(right)!)).Code);
        Assert.Equal(3, (await RunAsync("", "pull", name, "--pull-authfile", wrong, "--push-authfile", right)).Code);
        Assert.Equal(0, (await RunAsync("", "pull", name, "--authfile", wrong, "--pull-authfile", right)).Code);

        folder.Write("src/Dockerfile", $"FROM {name}\n");
        Assert.Equal(3, (await RunAsync("", "build", "--pull", folder["src"], "--platform", "linux/amd64")).Code);
        Assert.Equal(0, (await RunAsync("",
            "build", "--verify", "off", "--pull", folder["src"], "--platform", "linux/amd64", "--authfile", right)).Code);

        var kept = folder["kept.json"];
        Assert.Equal(0,
            (await RunAsync(DebianRegistry.Password, "login", registry.Name, "-u", "joe", "--password-stdin", "--authfile", kept)).Code);
        await Tool.Run("skopeo", "inspect", "--raw", "--tls-verify=false", "--authfile", kept, $"docker://{name}");
        Assert.Equal(0, (await RunAsync("", "logout", registry.Name, "--authfile", kept)).Code);
        Assert.Equal(3, (await RunAsync("", "pull", name, "--authfile", kept)).Code);
    }

    private async Task<(int Code, string Out, string Error)> RunAsync(string input, params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var context = new CliContext
        {
            Environment = ImmutableSortedDictionary<string, string>.Empty
                .Add("MANIFOLD_ROOT", store.Root).Add("DOCKER_CONFIG", folder["docker"]).Add("HOME", folder["home"]),
            In = new StringReader(input),
            Out = output,
            Error = error,
            Time = TimeProvider.System,
            Interactive = false,
        };
        var code = await CommandTree.RunAsync(context, arguments);
        Assert.DoesNotContain(DebianRegistry.Password, output.ToString() + error, StringComparison.Ordinal);
        return (code, output.ToString(), error.ToString());
    }

    private async Task<Descriptor> LargeBlobAsync(long size)
    {
        await using var writer = store.CreateBlob();
        var noise = RandomNumberGenerator.GetBytes(1_000_000);
        for (var written = 0L; written < size; written += noise.Length)
            writer.Write(noise);
        return await writer.CommitAsync(MediaType.LayerGzip);
    }

    private static ImageReference Reference(DebianRegistry registry, string name) => ImageReference.Parse($"{registry.Name}/{name}");

    private static IEnumerable<string?> Blobs(Store store) =>
        Directory.EnumerateFiles(Path.Combine(store.Root, "blobs", "sha256")).Select(path => Path.GetFileName(path))
            .Order(StringComparer.Ordinal);
}
