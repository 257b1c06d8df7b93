using Manifold.Layers;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving.Copying;

namespace Manifold.Tests.Solving;

/// <summary>A step's key holds everything that its result depends on, and nothing else.</summary>
public sealed class KeyingSteps : IDisposable
{
    private readonly StepBench bench = new();

    public KeyingSteps()
    {
        File.SetUnixFileMode(bench.Write("f", "one"), (UnixFileMode)0b110_100_100);
        bench.Write("d/g", "two");
        bench.ShowContextAsItIs();
    }

    public void Dispose() => bench.Dispose();

    [Theory]
    // A COPY.
    [InlineData("COPY f /x", "COPY f /y")]
    [InlineData("COPY f /x", "COPY f /x/")]
    [InlineData("COPY f /x", "COPY --chown=1:1 f /x")]
    [InlineData("COPY --chown=1:1 f /x", "COPY --chown=1:2 f /x")]
    [InlineData("COPY f /x", "COPY --chmod=600 f /x")]
    [InlineData("COPY f /x", "COPY --link f /x")]
    [InlineData("COPY d /x", "COPY --exclude=g d /x")]
    [InlineData("COPY d/g /x/", "COPY --parents d/g /x/")]
    [InlineData("COPY <<f /x/\na\nf", "COPY <<f /x/\nb\nf")]
    [InlineData("COPY <<f /x/\na\nf", "COPY <<g /x/\na\ng")]
    [InlineData("COPY f /x", "COPY f /a\nCOPY f /x")] // what lies below
    // A WORKDIR.
    [InlineData("WORKDIR /a", "WORKDIR /b")]
    [InlineData("WORKDIR /a", "USER 5\nWORKDIR /a")]
    // A RUN.
    [InlineData("RUN [\"a\"]", "RUN [\"b\"]")]
    [InlineData("RUN [\"a\", \"b\"]", "RUN [\"a b\"]")]
    [InlineData("RUN [\"a\"]", "ENV A=1\nRUN [\"a\"]")]
    [InlineData("ENV A=1\nRUN [\"a\"]", "ENV A=2\nRUN [\"a\"]")]
    [InlineData("ENV A=1 B=2\nRUN [\"a\"]", "ENV B=2 A=1\nRUN [\"a\"]")]
    [InlineData("ARG A=1\nRUN [\"a\"]", "ARG A=2\nRUN [\"a\"]")]
    [InlineData("RUN [\"a\"]", "USER 5\nRUN [\"a\"]")]
    [InlineData("RUN [\"a\"]", "RUN --network=none [\"a\"]")]
    [InlineData("RUN [\"a\"]", "COPY f /\nRUN [\"a\"]")]
    // A RUN's mounts: a bind mount by content, the others by what the Dockerfile says.
    [InlineData("RUN [\"a\"]", "RUN --mount=type=tmpfs,target=/t [\"a\"]")]
    [InlineData("RUN --mount=type=tmpfs,target=/t [\"a\"]", "RUN --mount=type=tmpfs,target=/u [\"a\"]")]
    [InlineData("RUN --mount=type=tmpfs,target=/t [\"a\"]", "RUN --mount=type=tmpfs,target=/t,size=1m [\"a\"]")]
    [InlineData("RUN --mount=target=/t [\"a\"]", "RUN --mount=target=/t,rw [\"a\"]")]
    [InlineData("RUN --mount=target=/t,source=f [\"a\"]", "RUN --mount=target=/t,source=d/g [\"a\"]")]
    [InlineData("RUN --mount=type=secret,id=a [\"a\"]", "RUN --mount=type=secret,id=b [\"a\"]")]
    [InlineData("RUN --mount=type=secret,id=a [\"a\"]", "RUN --mount=type=secret,id=a,env=A [\"a\"]")]
    public async Task another_instruction_is_another_key(string one, string other)
    {
        RequireRootFor(one + other);
        var (first, _) = await bench.LastAsync("FROM scratch\n" + one);
        var (second, cached) = await bench.LastAsync("FROM scratch\n" + other);
        Assert.NotEqual(first, second);
        Assert.False(cached);
    }

    [Theory]
    [InlineData("COPY f /x", "copy  f   /x")]
    [InlineData("COPY f /x", "# a comment\nLABEL a=b\nCOPY f /x")]
    [InlineData("COPY f /x", "ARG A=1\nENV B=2\nCOPY f /x")] // a copy has no environment
    [InlineData("COPY f /x", "USER 5\nCOPY f /x")]
    [InlineData("WORKDIR /a", "ENV B=2\nWORKDIR /a")]
    [InlineData("RUN [\"a\"]", "LABEL a=b\nEXPOSE 80\nCMD [\"x\"]\nRUN [\"a\"]")]
    public async Task what_does_not_matter_to_the_result_leaves_the_key_alone(string one, string other)
    {
        var (first, _) = await bench.LastAsync("FROM scratch\n" + one);
        var (second, cached) = await bench.LastAsync("FROM scratch\n" + other);
        Assert.Equal(first, second);
        Assert.True(cached);
    }

    [Theory]
    [InlineData("COPY f /x")]
    [InlineData("COPY . /x/")]
    [InlineData("COPY --link f /x")]
    [InlineData("RUN --mount=target=/t [\"a\"]")]
    [InlineData("RUN --mount=target=/t,source=f [\"a\"]")]
    public async Task content_and_mode_count_and_the_time_on_disk_does_not(string instruction)
    {
        var dockerfile = "FROM scratch\n" + instruction;
        var file = bench.Folder["context/f"];
        var (first, _) = await bench.LastAsync(dockerfile);

        File.SetLastWriteTimeUtc(file, new DateTime(2001, 2, 3, 4, 5, 6, DateTimeKind.Utc));
        Assert.Equal((first, true), await bench.LastAsync(dockerfile));

        File.SetUnixFileMode(file, (UnixFileMode)0b111_000_000);
        var (second, cached) = await bench.LastAsync(dockerfile);
        Assert.NotEqual(first, second);
        Assert.False(cached);

        await File.WriteAllTextAsync(file, "two");
        var (third, again) = await bench.LastAsync(dockerfile);
        Assert.NotEqual(second, third);
        Assert.False(again);
    }

    [Fact]
    public async Task the_target_of_a_link_counts()
    {
        var link = bench.Folder["context/l"];
        File.CreateSymbolicLink(link, "f");
        var (first, _) = await bench.LastAsync("FROM scratch\nCOPY . /x/");
        File.Delete(link);
        File.CreateSymbolicLink(link, "d/g");
        var (second, _) = await bench.LastAsync("FROM scratch\nCOPY . /x/");
        Assert.NotEqual(first, second);
    }

    [Fact]
    public async Task a_file_that_is_not_copied_does_not_count()
    {
        var (first, _) = await bench.LastAsync("FROM scratch\nCOPY f /x");
        bench.Write("other", "new");
        Assert.Equal((first, true), await bench.LastAsync("FROM scratch\nCOPY f /x"));
    }

    [Fact]
    public async Task a_RUN_is_keyed_by_its_platform_and_a_COPY_is_not()
    {
        var (copied, _) = await bench.LastAsync("FROM scratch\nCOPY f /x", "linux/amd64");
        Assert.Equal((copied, true), await bench.LastAsync("FROM scratch\nCOPY f /x", "linux/arm64"));
        var (run, _) = await bench.LastAsync("FROM scratch\nRUN [\"a\"]", "linux/amd64");
        var (other, cached) = await bench.LastAsync("FROM scratch\nRUN [\"a\"]", "linux/arm64");
        Assert.NotEqual(run, other);
        Assert.False(cached);
    }

    [Fact]
    public async Task a_stage_counts_by_its_layers_and_not_by_its_name_or_its_instructions()
    {
        var (first, _) = await bench.LastAsync("FROM scratch AS a\nCOPY f /x\nFROM scratch\nCOPY --from=a /x /y");
        Assert.Equal((first, true), await bench.LastAsync("FROM scratch AS b\nCOPY --chmod=644 f /x\nFROM scratch\nCOPY --from=b /x /y"));
        bench.Write("f", "changed");
        var (second, _) = await bench.LastAsync("FROM scratch AS a\nCOPY f /x\nFROM scratch\nCOPY --from=a /x /y");
        Assert.NotEqual(first, second);
    }

    [Fact]
    public async Task the_settings_of_RUNs_count_where_a_program_may_see_them()
    {
        const string dockerfile = "FROM scratch\nRUN [\"a\"]";
        var keys = new HashSet<Digest> { (await bench.LastAsync(dockerfile)).Key };
        bench.With = tools => tools with { Hostname = "build" };
        Assert.True(keys.Add((await bench.LastAsync(dockerfile)).Key));
        bench.With = tools => tools with { Run = new RunSettings { SharedMemory = 1024 } };
        Assert.True(keys.Add((await bench.LastAsync(dockerfile)).Key));
        bench.With = tools => tools with { FileTime = 2000 };
        Assert.True(keys.Add((await bench.LastAsync(dockerfile)).Key));
        // In no key: what it depends on is what these are for.
        bench.With = tools => tools with { Run = new RunSettings { TimeZone = "Asia/Tokyo", CgroupParent = "/x" } };
        Assert.False(keys.Add((await bench.LastAsync(dockerfile)).Key));
        // A secret's value: BuildKit's behavior.
        bench.With = tools => tools with { Run = new RunSettings { Secrets = [new Secret("a", "1"u8.ToArray())] } };
        Assert.False(keys.Add((await bench.LastAsync(dockerfile)).Key));
    }

    [Theory]
    [InlineData("owner")]
    [InlineData("group")]
    [InlineData("mode")]
    [InlineData("link")]
    [InlineData("device")]
    [InlineData("content")]
    [InlineData("kind")]
    [InlineData("path")]
    [InlineData("own time")]
    public void a_selection_is_another_one_where_a_files(string differs)
    {
        var file = new LayerEntry
        {
            Path = "f",
            Kind = EntryKind.File,
            Mode = 0x1A4,
            Uid = 1,
            Gid = 2,
            LinkTarget = "t",
        };
        var one = SelectionOf("f", file, "content");
        Assert.NotEqual(one, differs switch
        {
            "owner" => SelectionOf("f", file with { Uid = 3 }, "content"),
            "group" => SelectionOf("f", file with { Gid = 3 }, "content"),
            "mode" => SelectionOf("f", file with { Mode = 0x1ED }, "content"),
            "link" => SelectionOf("f", file with { LinkTarget = "u" }, "content"),
            "device" => SelectionOf("f", file with { DeviceMinor = 1 }, "content"),
            "content" => SelectionOf("f", file, "other"),
            "kind" => SelectionOf("f", file with { Kind = EntryKind.Fifo }, "content"),
            "path" => SelectionOf("g", file, "content"),
            _ => SelectionOf("f", file with { TimeIsOwn = true, Modified = new FileTime(5) }, "content"),
        });
        Assert.Equal(one, SelectionOf("f", file with { Modified = new FileTime(5), Size = 7 }, "content"));
    }

    [Fact]
    public void what_a_program_is_shown_counts_with_its_times_and_attributes()
    {
        var file = new LayerEntry { Path = "f", Kind = EntryKind.File };
        var selection = new Selection([new SelectedSource("f", [new SelectedFile("", file, Digest.Of("x"))])]);
        var keyed = selection.DigestOfAllSeen(_ => new FileTime(1));
        Assert.Equal(keyed, selection.DigestOfAllSeen(_ => new FileTime(1)));
        Assert.NotEqual(keyed, selection.DigestOfAllSeen(_ => new FileTime(2)));
        var marked = file with { Xattrs = file.Xattrs.Add("user.a", [1]) };
        Assert.NotEqual(keyed, new Selection([new SelectedSource("f", [new SelectedFile("", marked, Digest.Of("x"))])])
            .DigestOfAllSeen(_ => new FileTime(1)));
    }

    // A RUN on layers has them unpacked.
    private static void RequireRootFor(string instructions) => Assert.SkipWhen(!Environment.IsPrivilegedProcess
        && instructions.Contains("RUN", StringComparison.Ordinal) && instructions.Contains("COPY", StringComparison.Ordinal),
        "Unpacking needs root or a user namespace.");

    private static Digest SelectionOf(string path, LayerEntry entry, string content) =>
        new Selection([new SelectedSource("s", [new SelectedFile(path, entry, Digest.Of(content))])]).Digest();
}
