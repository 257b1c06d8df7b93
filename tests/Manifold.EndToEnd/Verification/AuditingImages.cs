using System.Text.Json;
using Manifold.Content;
using Manifold.EndToEnd.Registry;
using Manifold.Oci;
using Manifold.Verification.Findings;

namespace Manifold.EndToEnd.Verification;

/// <summary><c>manifold verify</c> on images as they lie in a store or a registry.</summary>
public sealed class AuditingImages : IDisposable
{
    private const string Both = "linux/amd64,linux/arm64";

    private readonly Workshop shop = new();

    public void Dispose() => shop.Dispose();

    [Fact]
    public async Task a_registrys_image_is_read_as_far_as_its_start_needs_and_shared_layers_once()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var name = $"{registry.Name}/app:1";
        // Three layers: one that both platforms share and that nothing needs, one with data, and the program on top.
        (await shop.Run(
            [Context("FROM scratch\nCOPY data /opt/one\nCOPY start.sh /opt/two\nARG TARGETARCH\n"
                + "COPY bin/${TARGETARCH}/app /app\nENTRYPOINT [\"/app\"]")], "build", "--platform", Both, "-t", name, "--push"))
            .Succeeded();
        using var fresh = new Workshop();

        var told = (await fresh.Run([name], "verify")).Succeeded();

        Assert.Contains("linux/amd64  ok       1 of 3       /app (amd64)", told.Output, StringComparison.Ordinal);
        Assert.Contains("linux/arm64  ok       1 of 3       /app (arm64)", told.Output, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(Path.Combine(fresh.Root, "cache", "census")).Length);
        Assert.Contains("3 of 3", (await fresh.Run([name], "verify", "--all")).Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal(4, Directory.GetFiles(Path.Combine(fresh.Root, "cache", "census")).Length);
    }

    [Fact]
    public async Task a_published_fault_is_told_with_its_layer_and_instruction_and_fails()
    {
        await using var registry = await DebianRegistry.StartAsync();
        var name = $"{registry.Name}/app:1";
        (await shop.Run([Context("FROM scratch\nCOPY program /app\nENTRYPOINT [\"/app\"]")],
            "build", "--verify", "off", "--platform", Both, "-t", name, "--push"))
            .Succeeded();

        var told = await shop.Run([name], "verify", "--json");

        Assert.Equal(1, told.Code);
        using var json = JsonDocument.Parse(told.Output);
        var platforms = json.RootElement.GetProperty("platforms").EnumerateArray()
            .ToDictionary(platform => platform.GetProperty("platform").GetString()!);
        Assert.Equal("ok", platforms["linux/amd64"].GetProperty("verdict").GetString());
        var finding = Assert.Single(platforms["linux/arm64"].GetProperty("findings").EnumerateArray());
        Assert.Equal((FindingId.WrongMachine, "/app", "amd64", "arm64", CauseId.SharedLayer), (Text(finding, "id"),
            Text(finding, "path"), Text(finding, "found"), Text(finding, "wanted"), Text(finding.GetProperty("cause"), "id")));
        Assert.Equal("COPY program /app", Text(finding.GetProperty("layer"), "instruction"));

        Assert.Equal(0, (await shop.Run([name], "verify", "--platform", "linux/amd64")).Code);
        var wrong = await shop.Run([name], "verify", "--platform", "linux/s390x");
        Assert.Equal((2, true), (wrong.Code, wrong.Error.Contains("It has: linux/amd64, linux/arm64", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task a_name_that_the_registry_cannot_give_is_the_stores_and_that_is_said()
    {
        var context = Context("FROM scratch\nARG TARGETARCH\nCOPY bin/${TARGETARCH}/app /app\nENTRYPOINT [\"/app\"]");
        (await shop.Run([context], "build", "--platform", Both, "-t", "localhost:1/app:1")).Succeeded();

        var fallen = (await shop.Run(["localhost:1/app:1"], "verify")).Succeeded();
        Assert.Contains("Using the image with that name from the store.", fallen.Error, StringComparison.Ordinal);
        var named = (await shop.Run(["store:localhost:1/app:1"], "verify")).Succeeded();
        Assert.Equal((fallen.Output, ""), (named.Output, named.Error));
        Assert.Equal(3, (await shop.Run(["docker://localhost:1/app:1"], "verify")).Code);
        Assert.Equal(3, (await shop.Run(["localhost:1/app:2"], "verify")).Code);
        Assert.Equal(2, (await shop.Run(["store:localhost:1/app:2"], "verify")).Code);
        Assert.Equal(2, (await shop.Run(["Not A Name"], "verify")).Code);
    }

    [Theory]
    [InlineData("localhost:5001/busybox:1", 5)]
    [InlineData("localhost:5001/debian:bookworm", 2)]
    public async Task whole_real_images_pass_without_a_warning(string name, int platforms)
    {
        await Workshop.NeedBusyBox();
        var told = (await shop.Run([name], "verify", "--all", "--strict")).Succeeded();
        Assert.Contains("0 errors, 0 warnings", told.Output, StringComparison.Ordinal);
        Assert.Equal(platforms, told.Output.Split('\n').Count(line => line.Contains("  ok       1 of 1", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task a_layer_that_is_not_what_the_config_says_is_a_fault()
    {
        using (var store = Store.Open(shop.Root))
        {
            var good = await SampleImages.WriteAsync(store, "one");
            var manifest = Manifest.Parse(store.ReadDocument(good.Digest));
            var config = ImageConfig.Parse(store.ReadDocument(manifest.Config.Digest));
            var lying = await store.WriteAsync((config with { RootFs = new RootFs { DiffIds = [Digest.Of("another tar")] } }).ToJson(),
                MediaType.Config);
            var top = await store.WriteAsync((manifest with { Config = lying }).ToJson(), MediaType.Manifest);
            store.Tags.SetAll([(ImageReference.Parse("localhost:1/lying:1"), top)]);
        }
        var told = await shop.Run(["store:localhost:1/lying:1"], "verify");
        Assert.Equal(1, told.Code);
        Assert.Contains("[LayerMismatch]", told.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_index_that_lists_another_platforms_image_is_a_fault()
    {
        (await shop.Run([Context("FROM scratch\nCOPY bin/amd64/app /app\nENTRYPOINT [\"/app\"]")],
            "build", "--platform", "linux/amd64", "-t", "localhost:1/one:1"))
            .Succeeded();
        using (var store = Store.Open(shop.Root))
        {
            var entry =
                ImageIndex.Parse(store.ReadDocument(store.Tags.Find(ImageReference.Parse("localhost:1/one:1"))!.Digest)).Manifests[0];
            var index =
                new ImageIndex { Manifests = [entry, entry with { Platform = PlatformFields.From(Platform.Parse("linux/arm64")) }] };
            store.Tags.SetAll([(ImageReference.Parse("localhost:1/two:1"), await store.WriteAsync(index.ToJson(), MediaType.Index))]);
        }
        var told = await shop.Run(["store:localhost:1/two:1"], "verify");
        Assert.Equal(1, told.Code);
        Assert.Contains("error: linux/arm64: the index says linux/arm64, but the image's config says linux/amd64 [PlatformMismatch]",
            told.Output, StringComparison.Ordinal);
        Assert.Contains("probably: the image is for linux/amd64, but the index lists it as linux/arm64", told.Output,
            StringComparison.Ordinal);
        Assert.Contains("linux/amd64  ok", told.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task run_starts_each_platform_and_shows_what_it_said()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "running needs root.");
        await Workshop.NeedBusyBox();
        var context = shop.Context("FROM BASE\nENTRYPOINT [\"busybox\"]");
        (await shop.Run([context], "build", "--platform", Both, "-t", "localhost:1/box:1")).Succeeded();

        var told = (await shop.Run(["store:localhost:1/box:1"], "verify", "--run=uname -m")).Succeeded();
        Assert.Contains("linux/amd64: busybox uname -m: exit code 0 after", told.Output, StringComparison.Ordinal);
        Assert.Contains("\n  x86_64\n", told.Output, StringComparison.Ordinal);
        Assert.Contains("\n  aarch64\n", told.Output, StringComparison.Ordinal);

        var failed = await shop.Run(["store:localhost:1/box:1"], "verify", "--run=false", "--platform", "linux/amd64");
        Assert.Equal(1, failed.Code);
        Assert.Contains("'busybox false' exited with code 1 [RunFailed]", failed.Output, StringComparison.Ordinal);
        var endless =
            await shop.Run(["store:localhost:1/box:1"], "verify", "--run=sleep 60", "--timeout", "0.5", "--platform", "linux/amd64");
        Assert.Contains("'busybox sleep 60' did not exit within 0.5 s [RunFailed]", endless.Output, StringComparison.Ordinal);
        Assert.Empty(shop.Mounts());
    }

    [Fact]
    public async Task a_platform_that_this_machine_cannot_run_is_told_and_fails_only_where_that_is_asked()
    {
        var context = shop.Context("FROM scratch\nCOPY app /app\nENTRYPOINT [\"/app\"]", ("app", ""));
        var mips = new Cpu("linux/mips", 8, 32, 0x70001000, "/lib/ld.so.1", "mips-linux-gnu") { BigEndian = true };
        await File.WriteAllBytesAsync(Path.Combine(context, "app"), ElfBuilder.Static(mips));
        File.SetUnixFileMode(Path.Combine(context, "app"), (UnixFileMode)0b111_101_101);
        (await shop.Run([context], "build", "--platform", "linux/mips", "-t", "localhost:1/mips:1")).Succeeded();
        var told = await shop.Run(["store:localhost:1/mips:1"], "verify", "--run=x");
        Assert.Equal(0, told.Code);
        Assert.Contains("this machine cannot run linux/mips", told.Output, StringComparison.Ordinal);
        Assert.Equal(1, (await shop.Run(["store:localhost:1/mips:1"], "verify", "--run=x", "--require-run")).Code);
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private string Context(string dockerfile)
    {
        var context = shop.Context(dockerfile, ("start.sh", "#!/bin/sh\nexec /app\n"), ("data", "1"));
        foreach (var (path, cpu) in new[] { ("program", Cpu.Amd64), ("bin/amd64/app", Cpu.Amd64), ("bin/arm64/app", Cpu.Arm64) })
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(context, path))!);
            File.WriteAllBytes(Path.Combine(context, path), ElfBuilder.Static(cpu));
            File.SetUnixFileMode(Path.Combine(context, path), (UnixFileMode)0b111_101_101);
        }
        return context;
    }
}
