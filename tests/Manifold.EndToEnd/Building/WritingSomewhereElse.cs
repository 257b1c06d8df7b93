using System.Text.Json;
using Manifold.Cli;
using Manifold.EndToEnd.Publishing;

namespace Manifold.EndToEnd.Building;

/// <summary>Standard output, folders with something in them, registries, engines: images without a RUN, which need no privilege.</summary>
[Trait("kind", "end-to-end")]
public sealed class WritingSomewhereElse(SharedRegistry registry) : IClassFixture<SharedRegistry>, IDisposable
{
    private readonly Workshop shop = new(Peer.VisibleFolder);

    private string Small => shop.Context("FROM scratch\nARG TARGETARCH\nCOPY etc /etc\nCOPY one /bin/$TARGETARCH\n",
        ("etc/passwd", "root:x:0:0\n"), ("one", "1"));

    [Theory]
    [InlineData("-")]
    [InlineData("type=tar,dest=-")]
    [InlineData("type=oci")]
    [InlineData("type=oci,dest=-")]
    [InlineData("type=docker,dest=-")]
    public async Task standard_output_gets_the_image_and_nothing_else(string output)
    {
        var context = Small;
        using var build = shop.Start("build", "-o", output, "-t", "app:1", context);
        var error = build.StandardError.ReadToEndAsync();
        await using (var file = File.Create(shop["piped.tar"]))
            await build.StandardOutput.BaseStream.CopyToAsync(file);
        await build.WaitForExitAsync();
        Assert.True(build.ExitCode == 0, await error);
        Assert.Contains("index  sha256:", await error, StringComparison.Ordinal);
        var type = output.Contains("oci", StringComparison.Ordinal) ? "oci"
            : output.Contains("docker", StringComparison.Ordinal) ? "docker"
            : "tar";
        (await shop.Build(context, "-t", "app:1", "-o", $"type={type},dest={shop["file.tar"]}")).Succeeded();
        await Tool.Run("cmp", shop["piped.tar"], shop["file.tar"]);
    }

    [Fact]
    public async Task a_terminal_gets_no_image()
    {
        using StringWriter output = new(), error = new();
        var code = await CommandTree.RunAsync(new CliContext
        {
            Environment = shop.Variables,
            Out = output,
            Error = error,
            Time = TimeProvider.System,
            Interactive = false,
            OutIsTerminal = true,
        }, ["build", "-o", "type=tar", Small]);
        Assert.Equal(2, code);
        Assert.Contains("cannot write an image to a terminal", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_folder_that_is_there_is_written_over_and_its_links_are_not_followed()
    {
        shop.Write("outside/passwd", "mine");
        shop.Write("out/kept", "mine");
        shop.Write("out/bin/kept", "mine");
        File.CreateSymbolicLink(shop["out/etc"], shop["outside"]);
        (await shop.Build(Small, "-o", shop["out"])).Succeeded();
        Assert.Equal("mine", await File.ReadAllTextAsync(shop["outside/passwd"]));
        Assert.Null(new DirectoryInfo(shop["out/etc"]).LinkTarget);
        Assert.Equal("root:x:0:0\n", await File.ReadAllTextAsync(shop["out/etc/passwd"]));
        Assert.Equal("mine", await File.ReadAllTextAsync(shop["out/kept"]));
        Assert.Equal("mine", await File.ReadAllTextAsync(shop["out/bin/kept"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData(",tar=true")]
    [InlineData(",tar=false")]
    public async Task an_oci_output_is_an_archive_whatever_its_name_unless_it_says_tar_false(string more)
    {
        (await shop.Build(Small, "-o", $"type=oci,dest={shop["image"]}{more}")).Succeeded();
        Assert.Equal(more != ",tar=false", File.Exists(shop["image"]));
        await Tool.Run("skopeo", "inspect", "--raw", $"{(more == ",tar=false" ? "oci" : "oci-archive")}:{shop["image"]}");
    }

    [Theory]
    [InlineData("type=oci,dest=", "is a folder, but this output is an archive.")]
    [InlineData("type=docker,dest=", "is a folder.")]
    public async Task an_archive_is_not_written_over_a_folder_which_is_told_before_any_work(string output, string expected)
    {
        shop.Write("layout/kept", "mine");
        var refused = await shop.Build(Small, "-o", output + shop["layout"]);
        Assert.Equal(2, refused.Code);
        Assert.Contains($"'{shop["layout"]}' {expected}", refused.Error, StringComparison.Ordinal);
        Assert.Empty(refused.Steps);
        Assert.Equal("mine", await File.ReadAllTextAsync(shop["layout/kept"]));
    }

    [Theory]
    [InlineData("type=oci,tar=false,dest=")]
    [InlineData("type=local,dest=")]
    public async Task a_folder_is_not_written_over_a_file_which_is_told_before_any_work(string output)
    {
        var refused = await shop.Build(Small, "-o", output + shop.Write("file", "mine"));
        Assert.Equal(2, refused.Code);
        Assert.Contains($"'{shop["file"]}' is a file, but this output is a folder.", refused.Error, StringComparison.Ordinal);
        Assert.Empty(refused.Steps);
        Assert.Equal("mine", await File.ReadAllTextAsync(shop["file"]));
    }

    [Fact]
    public async Task an_output_that_fails_is_named_and_leaves_nothing_and_no_tag_is_moved()
    {
        var context = shop.Context("FROM scratch\nCOPY big /\n", ("big", new string('x', 300_000)));
        using var disk = await SmallDisk.MountAsync(shop["disk"], "size=200k");
        var name = $"{registry.Get().Name}/full/{Guid.NewGuid():N}:1";
        foreach (var output in new[] { $"type=tar,dest={shop["disk/files.tar"]}", $"type=local,dest={shop["disk/files"]}" })
        {
            var failed = await shop.Build(context, "-o", output, "-t", name, "--push");
            Assert.Equal(4, failed.Code);
            Assert.Contains($"--output '{output}': ", failed.Error, StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(shop["disk"]));
        }
        Assert.Empty(await registry.Get().TagsAsync(name.Split('/', 2)[1].Split(':')[0]));
    }

    [Fact]
    public async Task a_registry_output_pushes_in_its_form_and_docker_pulls_it()
    {
        var repository = $"zstd/{Guid.NewGuid():N}";
        var name = $"{registry.Get().Name}/{repository}:1";
        (await shop.Build(Small, "--platform", "linux/amd64,linux/arm64",
            "-o", $"type=registry,\"name={name},{registry.Get().Name}/{repository}:2\",compression=zstd", "--iidfile", shop["iid"]))
            .Succeeded();
        Assert.Equal(["1", "2"], (await registry.Get().TagsAsync(repository)).Order());
        Assert.Equal(await File.ReadAllTextAsync(shop["iid"]), await registry.Get().DigestAsync($"{repository}:1"));
        Assert.Contains("tar+zstd", await ManifestOf(name), StringComparison.Ordinal);
        await Peer.Docker("pull", "--quiet", name);
        await Peer.Docker("rmi", "--force", name);
    }

    [Fact]
    public async Task a_push_by_digest_writes_no_tag_and_the_metadata_name_what_was_pushed()
    {
        var repository = $"digest/{Guid.NewGuid():N}";
        (await shop.Build(Small,
            "-o", $"type=image,name={registry.Get().Name}/{repository},push-by-digest=true,name-canonical=true,push=true",
            "--iidfile", shop["iid"]))
            .Succeeded();
        Assert.Empty(await registry.Get().TagsAsync(repository));
        await Tool.Run("skopeo", "inspect",
            "--raw", "--tls-verify=false", $"docker://{registry.Get().Name}/{repository}@{await File.ReadAllTextAsync(shop["iid"])}");
    }

    [Fact]
    public async Task compression_is_that_of_what_is_pushed_too()
    {
        var repository = $"flag/{Guid.NewGuid():N}";
        (await shop.Build(Small, "-t", $"{registry.Get().Name}/{repository}:1", "--push", "--compression", "zstd:3")).Succeeded();
        Assert.Contains("tar+zstd", await ManifestOf($"{registry.Get().Name}/{repository}:1"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task load_hands_this_machines_platform_to_docker()
    {
        var name = $"loaded-{Guid.NewGuid():N}:1";
        shop.Set["PATH"] = await PathWithDocker();
        var built = (await shop.Run([Small], "build", "--platform", "linux/arm64,linux/amd64", "-t", name, "--load")).Succeeded();
        try
        {
            Assert.Contains($"loaded into docker: {name}\n", built.Error, StringComparison.Ordinal);
            Assert.Equal("amd64\n", await Peer.Docker("image", "inspect", "--format", "{{.Architecture}}", name));
        }
        finally
        {
            await Peer.Docker("rmi", "--force", name);
        }
    }

    [Fact]
    public async Task load_without_an_engine_that_answers_says_so_before_any_work()
    {
        foreach (var engine in new[] { "docker", "podman" })
            Script($"bin/{engine}", $"echo 'Cannot connect to {engine}. Is it running?' >&2\nexit 1");
        shop.Set["PATH"] = $"{shop["bin"]}:/usr/bin:/bin";
        var refused = await shop.Build(Small, "--load");
        Assert.Equal(4, refused.Code);
        Assert.Contains(
            "--load: docker does not answer: Cannot connect to docker. Is it running?; podman does not answer: Cannot connect to podman. "
                + "Is it running? Start it (systemctl start docker), or write an archive: -o type=docker,dest=FILE.tar",
            refused.Error, StringComparison.Ordinal);
        Assert.Empty(refused.Steps);
    }

    [Fact]
    public async Task podman_gets_the_image_where_docker_does_not_answer_and_a_refusal_is_told()
    {
        Script("bin/docker", "exit 1");
        Script("bin/podman", $"[ $1 = info ] || {{ cat >{shop["got.tar"]}; echo 'Loaded image: localhost/app:1'; }}");
        shop.Set["PATH"] = $"{shop["bin"]}:/usr/bin:/bin";
        Assert.Contains("loaded into podman: localhost/app:1\n",
            (await shop.Run([Small], "build", "-t", "app:1", "--load")).Succeeded().Error, StringComparison.Ordinal);
        await Tool.Run("skopeo", "inspect", $"docker-archive:{shop["got.tar"]}:app:1");

        Script("bin/podman", "[ $1 = info ] || { echo 'no space left' >&2; exit 125; }");
        var refused = await shop.Run([Small], "build", "-t", "app:1", "--load");
        Assert.Equal((1, true), (refused.Code, refused.Error.Contains("manifold: --load: podman rejected the image: no space left.",
            StringComparison.Ordinal)));
    }

    [Fact]
    public async Task load_refuses_platforms_among_which_this_machines_is_not_before_any_work()
    {
        var refused = await shop.Build(Small, "--platform", "linux/arm64,linux/s390x", "-o", $"type=docker,dest={shop["x.tar"]}");
        Assert.Equal(2, refused.Code);
        Assert.Contains("this machine's (linux/amd64) is not one of linux/arm64, linux/s390x", refused.Error, StringComparison.Ordinal);
        Assert.Empty(refused.Steps);
    }

    private async Task<string> PathWithDocker()
    {
        await Peer.Docker("version");
        var command = Environment.GetEnvironmentVariable("MANIFOLD_TEST_DOCKER");
        if (command is null)
            return Environment.GetEnvironmentVariable("PATH")!;
        Script("bin/docker", $"exec {command} \"$@\"");
        return $"{shop["bin"]}:{Environment.GetEnvironmentVariable("PATH")}";
    }

    private void Script(string path, string text) =>
        File.SetUnixFileMode(shop.Write(path, $"#!/bin/sh\n{text}\n"), (UnixFileMode)0b111_101_101);

    private static async Task<string> ManifestOf(string name)
    {
        var index = JsonDocument.Parse(await Tool.Run("skopeo", "inspect", "--raw", "--tls-verify=false", $"docker://{name}")).RootElement;
        return await Tool.Run("skopeo", "inspect", "--raw", "--tls-verify=false",
            $"docker://{name[..name.LastIndexOf(':')]}@{index.GetProperty("manifests")[0].GetProperty("digest").GetString()}");
    }

    public void Dispose() => shop.Dispose();
}
