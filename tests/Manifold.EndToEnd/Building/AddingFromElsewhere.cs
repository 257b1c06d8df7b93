using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Manifold.EndToEnd.Building;

/// <summary>ADD of addresses and repositories, and contexts that are no folder.</summary>
[Trait("kind", "end-to-end")]
public sealed partial class AddingFromElsewhere : IDisposable
{
    private static readonly byte[] Hello = "hello\n"u8.ToArray();

    private readonly Workshop shop = new();
    private readonly StaticServer server = new();

    public void Dispose()
    {
        server.Dispose();
        shop.Dispose();
    }

    [Fact]
    public async Task a_downloaded_file_has_mode_0600_and_its_servers_time()
    {
        var address = server.Put("dir/hello.txt", Hello, "1");
        var context = shop.Context($"FROM scratch\nADD {address} /in/\nADD {address} /as\nADD --chown=3:4 --chmod=755 {address} /own/\n");

        var files = await FilesOf(context, ("SOURCE_DATE_EPOCH", "1700000000"));

        Assert.Equal("600 0:0 hello\n", Describe(files["in/hello.txt"]));
        Assert.Equal("600 0:0 hello\n", Describe(files["as"]));
        Assert.Equal("755 3:4 hello\n", Describe(files["own/hello.txt"]));
        Assert.Equal(new DateTimeOffset(2020, 2, 3, 4, 5, 6, TimeSpan.Zero), files["in/hello.txt"].Time);
    }

    [Fact]
    public async Task what_did_not_change_is_not_sent_again_and_what_did_is_taken_anew()
    {
        var address = server.Put("f", Hello, "1");
        var context = shop.Context($"FROM scratch\nADD {address} /\n");
        (await shop.Build(context)).Succeeded();

        var second = (await shop.Build(context)).Succeeded();

        Assert.True(Assert.Single(second.Steps).Cached);
        Assert.Equal(["200 /f", "304 /f"], server.Answers);
        server.Put("f", "changed\n"u8.ToArray(), "2");
        Assert.Equal("600 0:0 changed\n", Describe((await FilesOf(context))["f"]));
    }

    [Fact]
    public async Task a_checksum_that_is_met_already_asks_nobody()
    {
        var address = server.Put("f", Hello, "1");
        var context = shop.Context($"FROM scratch\nARG SUM\nADD --checksum=sha256:$SUM {address} /\n");
        var argument = $"SUM={Convert.ToHexStringLower(SHA256.HashData(Hello))}";
        (await shop.Build(context, "--build-arg", argument)).Succeeded();

        (await shop.Build(context, "--build-arg", argument)).Succeeded();

        Assert.Equal(["200 /f"], server.Answers);
    }

    [Fact]
    public async Task another_checksum_fails_and_names_both()
    {
        var address = server.Put("f", Hello, "1");

        var outcome = await shop.Build(shop.Context($"FROM scratch\nADD --checksum=sha256:{new string('0', 64)} {address} /\n"));

        Assert.Equal(1, outcome.Code);
        Assert.Contains($"its digest is sha256:{Convert.ToHexStringLower(SHA256.HashData(Hello))}, but --checksum says "
            + $"sha256:{new string('0', 64)}", outcome.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ADD --checksum=sha256:0000000000000000000000000000000000000000000000000000000000000000 f /", "--checksum")]
    [InlineData("ADD --checksum=sha256:$WRONG http://127.0.0.1:1/f /", "is not a checksum")]
    public async Task a_checksum_where_none_can_be_is_said_before_anything_starts(string instruction, string message)
    {
        var outcome = await shop.Build(shop.Context($"FROM scratch\nARG WRONG=x\n{instruction}\n", ("f", "x")));

        Assert.Equal(2, outcome.Code);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
        Assert.Empty(outcome.Steps);
    }

    [Fact]
    public async Task an_address_without_a_file_or_a_server_fails_with_the_line()
    {
        var missing = await shop.Build(shop.Context($"FROM scratch\nADD {server.Address}/none /\n"));
        Assert.Contains("/none: the server answered 404", missing.Error, StringComparison.Ordinal);
        Assert.Contains("Dockerfile:2", missing.Error, StringComparison.Ordinal);

        server.Put("cut", new byte[100_000], "1");
        server.CutAfter = 1000;
        var cut = await shop.Build(shop.Context($"FROM scratch\nADD {server.Address}/cut /\n"));
        Assert.NotEqual(0, cut.Code);
        Assert.Contains("Downloading", cut.Error, StringComparison.Ordinal);
        server.CutAfter = null;
        (await shop.Build(shop.Context($"FROM scratch\nADD {server.Address}/cut /\n"))).Succeeded();

        var nobody = await shop.Build(shop.Context("FROM scratch\nADD http://127.0.0.1:1/f /\n"));
        Assert.Contains("Connection refused", nobody.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_downloaded_archive_is_unpacked_only_when_asked()
    {
        var address = server.Put("a.tgz", Packed(("in/x", "x")), "1");

        var files = await FilesOf(
            shop.Context($"FROM scratch\nADD {address} /kept/\nADD --unpack {address} /open/\nADD --unpack=false local.tgz /local/\n",
                ("local.tgz", "no archive")));

        Assert.Equal(["kept", "kept/a.tgz", "local", "local/local.tgz", "open", "open/in", "open/in/x"],
            files.Keys.Order(StringComparer.Ordinal).Where(path => path.Length > 0));
    }

    [Fact]
    public async Task a_context_is_a_repository_a_tarball_or_standard_input()
    {
        var repository = Repository();
        var tarball = server.Put("c.tar.gz",
            Packed(("Dockerfile", "FROM scratch\nCOPY f /of-tarball\n"),
                ("f", "x"), ("skipped", "x"), (".dockerignore", "skipped\n"), ("Other", "FROM scratch\nCOPY . /all/\n")), "1");

        Assert.Contains("of-git", (await FilesOf(repository + "#main:sub")).Keys);
        Assert.Contains("of-tarball", (await FilesOf(tarball)).Keys);
        var all = await FilesOf(tarball, [], "-f", "Other");
        Assert.Contains("all/f", all.Keys);
        Assert.DoesNotContain("all/skipped", all.Keys);
        shop.Input = Packed(("Dockerfile", "FROM scratch\nCOPY g /of-input\n"), ("g", "x"));
        Assert.Contains("of-input", (await FilesOf("-")).Keys);
        shop.Input = "FROM scratch\nLABEL of=input\n"u8.ToArray();
        Assert.Empty((await FilesOf("-")).Keys);
        shop.Input = "FROM scratch\nCOPY f /with-dockerfile-of-input\n"u8.ToArray();
        Assert.Contains("with-dockerfile-of-input", (await FilesOf(shop.Context("FROM scratch\n", ("f", "x")), [], "-f", "-")).Keys);
    }

    /// <summary>A pipe can be read only once, for all platforms together.</summary>
    [Fact]
    public async Task a_Dockerfile_can_come_from_a_pipe_of_the_shell()
    {
        var context = shop.Context("FROM nowhere\n", ("f", "x"));
        var build = await Tool.Try("bash", "-c",
            $"exec env MANIFOLD_ROOT={shop.Root} {string.Join(' ', OurProgram.Words)} build --platform linux/amd64,linux/arm64 -q "
                + $"-f <(printf 'FROM scratch\\nCOPY f /f\\n') {context}");

        Assert.Equal((0, ""), (build.ExitCode, build.Error));
        Assert.StartsWith("sha256:", build.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("\0\u0001\u0002", "neither a tar")]
    [InlineData("FROM scratch\nCOPY f /\n", "'f' is not in the build context")]
    public async Task standard_input_that_cannot_be_built_is_said(string input, string message)
    {
        shop.Input = Encoding.UTF8.GetBytes(input);

        var outcome = await shop.Build("-");

        Assert.NotEqual(0, outcome.Code);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task named_contexts_are_folders_images_layouts_repositories_and_tarballs()
    {
        var layout = shop["layout"];
        (await shop.Build(shop.Context("FROM scratch\nCOPY f /of-layout\n", ("f", "x")),
            "-o", $"type=oci,tar=false,dest={layout}", "-t", "example.com/built:1"))
            .Succeeded();
        var folder = shop.Context("FROM scratch\n", ("sub/f", "x"));
        var tarball = server.Put("n.tar", Packed(("of-tarball", "x")), "1");
        var context = shop.Context("""
            FROM folder AS ground
            COPY --from=image / /image/
            COPY --from=layout / /layout/
            COPY --from=git f /git/
            COPY --from=tarball . /tarball/
            """);

        var files = await FilesOf(context, [],
            "--build-context", $"folder={folder}",
            "--build-context", "image=docker-image://example.com/built:1", "--build-context", $"layout=oci-layout://{layout}",
            "--build-context", $"git={Repository()}#main:sub", "--build-context", $"tarball={tarball}");

        Assert.Subset(files.Keys.ToHashSet(),
            new HashSet<string> { "sub/f", "image/of-layout", "layout/of-layout", "git/f", "tarball/n.tar" });
    }

    [Theory]
    [InlineData("name", "expected NAME=PLACE")]
    [InlineData("name=", "expected NAME=PLACE")]
    [InlineData("name=docker-image://UPPER", "'UPPER' is not an image reference")]
    [InlineData("name=no-such-folder", "is not a folder. For an image, write docker-image://no-such-folder")]
    [InlineData("name=foo://bar", "is not a valid context")]
    public async Task a_named_context_that_is_none_is_said_before_anything_starts(string text, string message)
    {
        var outcome = await shop.Build(shop.Context("FROM scratch\n"), "--build-context", text);

        Assert.Equal(2, outcome.Code);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task prune_all_removes_what_was_fetched()
    {
        (await shop.Build(shop.Context($"FROM scratch\nADD {server.Put("f", Hello, "1")} /\nADD {Repository()} /r\n"))).Succeeded();
        Assert.NotEmpty(Directory.GetFileSystemEntries(Path.Combine(shop.Root, "sources"), "*", SearchOption.AllDirectories));

        (await shop.Run([], "prune", "--all")).Succeeded();

        Assert.DoesNotContain(
            Directory.GetFileSystemEntries(Path.Combine(shop.Root, "sources"), "*", SearchOption.AllDirectories), File.Exists);
    }

    [Theory]
    [InlineData("manifold.yaml",
        "{images: {one: {context: \"MAIN\", dockerfile: Other, contexts: {n: \"NAMED\"}, tags: [example.com/one:1]}}}")]
    [InlineData("docker-bake.json",
        """{"target": {"default": {"context": "MAIN", "dockerfile": "Other", "contexts": {"n": "NAMED"}, "tags": ["example.com/one:1"]}}}""")]
    public async Task a_project_has_contexts_from_elsewhere_too(string file, string text)
    {
        var main = server.Put("main.tar", Packed(("Other", "FROM scratch\nCOPY f /main\nCOPY --from=n f /named\n"), ("f", "x")), "1");
        text = text.Replace("MAIN", main, StringComparison.Ordinal).Replace("NAMED", Repository() + "#main:sub", StringComparison.Ordinal);
        var project = Path.Combine(shop.Context("FROM scratch\n", (file, text)), file);

        var printed = (await shop.Run([], "bake", "-f", project, file == "manifold.yaml" ? "--print" : "--print=bake")).Succeeded().Output;
        var baked = (await shop.Run([], "bake", "-f", project, "--progress", "json")).Succeeded();

        Assert.Contains(main, printed, StringComparison.Ordinal);
        Assert.Equal(["COPY --from=n f /named", "COPY f /main"],
            baked.Steps.Select(step => step.Name[(step.Name.IndexOf(']', StringComparison.Ordinal) + 2)..]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task a_context_of_a_project_that_cannot_be_had_names_the_line()
    {
        var project = Path.Combine(
            shop.Context("FROM scratch\n",
                ("manifold.yaml", $"images:\n  one: {{context: \"{server.Address}/none.tar\", tags: [example.com/one:1]}}\n")),
            "manifold.yaml");

        var outcome = await shop.Run([], "bake", "-f", project);

        Assert.Equal(3, outcome.Code);
        Assert.Contains("manifold.yaml:2", outcome.Error, StringComparison.Ordinal);
        Assert.Contains("404", outcome.Error, StringComparison.Ordinal);
    }

    /// <summary>Source: BuildKit's tests testSourceDateEpochStage… and testSourceDateEpochNamedContext…</summary>
    [Theory]
    [InlineData("ARG SOURCE_DATE_EPOCH=of-file\nFROM scratch AS of-file\nADD FILE /\nFROM scratch\n", 1580702706)]
    [InlineData("ARG SOURCE_DATE_EPOCH=THE-STAGE\nARG WHERE=FILE\nFROM scratch AS the-stage\nARG MORE=$WHERE\nADD $MORE /x\nFROM scratch\n",
        1580702706)]
    [InlineData("ARG SOURCE_DATE_EPOCH=of-commit\nFROM scratch AS of-commit\nADD GIT#v1 /\nFROM scratch\n", 1600000000)]
    [InlineData("ARG SOURCE_DATE_EPOCH=named\nFROM scratch\n", 1580702706)]
    [InlineData("ARG SOURCE_DATE_EPOCH=repository\nFROM scratch\n", 1600000000)]
    [InlineData("ARG SOURCE_DATE_EPOCH=folder\nFROM scratch\n", 0)]
    public async Task the_time_may_be_that_of_a_stage_or_a_context(string dockerfile, long seconds)
    {
        var (file, repository) = (server.Put("src.tar.gz", Packed(("foo", "bar")), "1"), Repository());
        var context =
            shop.Context(dockerfile.Replace("FILE", file, StringComparison.Ordinal).Replace("GIT", repository, StringComparison.Ordinal)
                + "ARG SOURCE_DATE_EPOCH\nCOPY f /\nENV TIME=$SOURCE_DATE_EPOCH\n", ("f", "x"));
        var layout = shop["timed"];

        (await shop.Build(context,
            "--build-context", $"named={file}", "--build-context", $"repository={repository}#v1", "--build-context", $"folder={context}",
            "-o", $"type=oci,tar=false,dest={layout}")).Succeeded();

        var config = ConfigOf(layout);
        Assert.Equal(seconds,
            DateTimeOffset.Parse((string)config["created"]!, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeSeconds());
        Assert.Contains($"TIME={(seconds == 0 ? "" : seconds)}", config["config"]!["Env"]!.AsArray().Select(each => (string)each!));
    }

    [Fact]
    public async Task a_number_wins_over_the_stage_and_an_outputs_number_over_both()
    {
        var context = shop.Context(
            $"ARG SOURCE_DATE_EPOCH=s\nFROM scratch AS s\nADD {server.Address}/not-there /\nFROM scratch\nCOPY f /\n", ("f", "x"));
        (await shop.Build(context,
            "--build-arg", "SOURCE_DATE_EPOCH=1700000002", "-o", $"type=oci,tar=false,source-date-epoch=,dest={shop["one"]}"))
            .Succeeded();
        (await shop.Build(context,
            "--build-arg", "SOURCE_DATE_EPOCH=1700000002", "-o", $"type=oci,tar=false,source-date-epoch=1700000003,dest={shop["two"]}"))
            .Succeeded();

        Assert.Equal(["2023-11-14T22:13:22+00:00", "2023-11-14T22:13:23+00:00"],
            new[] { "one", "two" }.Select(name => (string)ConfigOf(shop[name])["created"]!));
    }

    [Theory]
    [InlineData("FROM scratch AS s\nCOPY f /\n", "cannot have this COPY")]
    [InlineData("FROM scratch AS s\nADD f /\n", "has no ADD of an address")]
    [InlineData("FROM scratch AS s\n", "has no ADD of an address")]
    [InlineData("FROM alpine AS s\nADD http://127.0.0.1:1/f /\n", "is not FROM scratch")]
    [InlineData("FROM scratch AS s\nADD http://127.0.0.1:1/f /\nADD http://127.0.0.1:1/g /\n", "cannot have this ADD")]
    [InlineData("FROM scratch AS other\n", "SOURCE_DATE_EPOCH is 's'")]
    public async Task a_stage_that_cannot_give_the_time_is_refused(string stage, string message)
    {
        var outcome = await shop.Build(shop.Context($"ARG SOURCE_DATE_EPOCH=s\n{stage}FROM scratch\nCOPY f /\n", ("f", "x")));

        Assert.Equal(2, outcome.Code);
        Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
    }

    private sealed record Seen(TarEntryType Type, UnixFileMode Mode, int Uid, int Gid, DateTimeOffset Time, string Content);

    private static string Describe(Seen file) => $"{Convert.ToString((int)file.Mode, 8)} {file.Uid}:{file.Gid} {file.Content}";

    private Task<Dictionary<string, Seen>> FilesOf(string context, params (string Name, string Value)[] variables) =>
        FilesOf(context, variables, []);

    /// <summary>What GNU tar's reader would see in the layers of the image that is built.</summary>
    private async Task<Dictionary<string, Seen>> FilesOf(string context, (string Name, string Value)[] variables, params string[] arguments)
    {
        foreach (var (name, value) in variables)
            shop.Set[name] = value;
        var layout = shop[$"out-{Guid.NewGuid():N}"];
        (await shop.Build(context, [.. arguments, "-o", $"type=oci,tar=false,dest={layout}"])).Succeeded();
        var files = new Dictionary<string, Seen>(StringComparer.Ordinal);
        foreach (var layer in LayersOf(layout))
        {
            using var reader = new TarReader(new GZipStream(new MemoryStream(layer), CompressionMode.Decompress));
            while (reader.GetNextEntry() is { } entry)
            {
                using var content = new MemoryStream();
                entry.DataStream?.CopyTo(content);
                files[entry.Name.TrimEnd('/')] = new Seen(entry.EntryType,
                    entry.Mode, entry.Uid, entry.Gid, entry.ModificationTime, Encoding.UTF8.GetString(content.ToArray()));
            }
        }
        return files;
    }

    private static IEnumerable<byte[]> LayersOf(string layout)
    {
        byte[] Blob(JsonNode descriptor) =>
            File.ReadAllBytes(Path.Combine(layout, "blobs", ((string)descriptor["digest"]!).Replace(':', '/')));
        var index = JsonNode.Parse(Blob(JsonNode.Parse(File.ReadAllText(Path.Combine(layout, "index.json")))!["manifests"]![0]!))!;
        return [.. JsonNode.Parse(Blob(index["manifests"]![0]!))!["layers"]!.AsArray().Select(layer => Blob(layer!))];
    }

    private static JsonNode ConfigOf(string layout)
    {
        JsonNode Blob(JsonNode descriptor) =>
            JsonNode.Parse(File.ReadAllText(Path.Combine(layout, "blobs", ((string)descriptor["digest"]!).Replace(':', '/'))))!;
        return Blob(Blob(
            Blob(JsonNode.Parse(File.ReadAllText(Path.Combine(layout, "index.json")))!["manifests"]![0]!)["manifests"]![0]!)["config"]!);
    }

    private static byte[] Packed(params (string Name, string Content)[] files)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionMode.Compress, leaveOpen: true))
        using (var writer = new TarWriter(gzip))
        {
            foreach (var (name, content) in files)
                writer.WriteEntry(
                    new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(content)) });
        }
        return packed.ToArray();
    }
}
