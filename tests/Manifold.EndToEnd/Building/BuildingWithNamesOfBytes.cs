using Manifold.Linux;

namespace Manifold.EndToEnd.Building;

/// <summary>
/// A context whose file names are not UTF-8, as archives of the nineties and photographs have them: nothing fails, and nothing is
/// lost. GNU tar and the shell say what is there.
/// </summary>
[Trait("kind", "end-to-end")]
public sealed class BuildingWithNamesOfBytes : IDisposable
{
    private readonly Workshop shop = new();
    private readonly string context;

    public BuildingWithNamesOfBytes()
    {
        const string stages = "FROM scratch AS made\nCOPY . /all/\nFROM scratch\nCOPY --from=made /all/d /copied/\nCOPY caf* /wild/\n";
        context = shop.Context(stages);
        NamesOfBytes.Write(context, NamesOfBytes.Latin1, "1");
        NamesOfBytes.Write(context, NamesOfBytes.OtherLatin1, "2");
        NamesOfBytes.Write(context + "/d/sub\udcff", "x\udcfe", "3");
        NamesOfBytes.Write(context + "/d/sub\udcff", "left\udcfd", "4");
        File.WriteAllBytes(Path.Combine(context, ".dockerignore"), [.. "caf"u8, 0xE8, .. "\n**/*"u8, 0xFD, (byte)'\n']);
    }

    public void Dispose() => shop.Dispose();

    [Fact]
    public async Task files_keep_their_bytes_in_every_output()
    {
        var (tar, folder) = (shop["out.tar"], shop["out"]);
        (await shop.Build(context, "-o", $"type=tar,dest={tar}", "-o", $"type=local,dest={folder}")).Succeeded();

        string[] expected = [@"copied/sub\377/x\376", @"wild/caf\351"];
        Assert.Equal(expected, await Lines($"tar --quoting-style=escape -tf '{tar}' 2>/dev/null | grep -v '/$' | LC_ALL=C sort"));
        const string listing = "find * -type f -print0 | LC_ALL=C sort -z | LC_ALL=C xargs -0 ls --quoting-style=escape -1";
        Assert.Equal(expected, await Lines($"cd '{folder}' && {listing}"));
        Assert.Equal(["13"], await Lines($"cat '{folder}'/wild/* '{folder}'/copied/*/*"));
    }

    [Fact]
    public async Task a_change_from_one_such_name_to_another_is_a_change()
    {
        var before = await Built();
        using (var handle = DirectoryHandle.Open(context))
            handle.Remove(NamesOfBytes.Latin1);
        NamesOfBytes.Write(context, "caf\udcea", "1");
        Assert.NotEqual(before, await Built());
    }

    [Fact]
    public async Task looking_comparing_and_pruning_go_through()
    {
        (await shop.Build(context, "-t", "quay.io/acme/app:1")).Succeeded();
        NamesOfBytes.Write(context, "caf\udceb", "5");
        (await shop.Build(context, "-t", "quay.io/acme/app:2", "--report", shop["report"])).Succeeded();

        (await shop.Run([context], "build", "--check")).Succeeded();
        (await shop.Run([context], "plan")).Succeeded();
        (await shop.Run([], "inspect", "quay.io/acme/app:2")).Succeeded();
        foreach (string[] arguments in new[] { Array.Empty<string>(), ["--all"] })
            (await shop.Run(arguments, "prune")).Succeeded();
        Assert.Empty(await Lines($"find '{shop.Root}' -path '*/fs/*' -type f"));
    }

    [Fact]
    public async Task a_hook_reads_and_makes_them()
    {
        shop.Write("project/manifold.yaml", "images: {app: {context: ., before: {run: './make.sh', outputs: ['out/**']}}}\n");
        shop.Write("project/make.sh", "#!/bin/sh\necho run >>../runs; mkdir -p out; echo made >\"out/$(printf 'o\\351')\"\n");
        File.SetUnixFileMode(shop["project/make.sh"], (UnixFileMode)0b111_101_101);
        shop.Write("project/Dockerfile", "FROM scratch\nCOPY out /\n");
        NamesOfBytes.Write(shop["project"] + "/in\udcff", "i\udcfe", "input");
        async Task<int> Runs()
        {
            (await shop.Run([], "bake", "-f", shop["project"], "--progress", "quiet")).Succeeded();
            return File.ReadAllLines(shop["runs"]).Length;
        }

        Assert.Equal(1, await Runs());
        Assert.Equal(1, await Runs());
        using (var handle = DirectoryHandle.Open(shop["project"] + "/in\udcff"))
            handle.Remove("i\udcfe");
        NamesOfBytes.Write(shop["project"] + "/in\udcff", "i\udcfd", "input");
        Assert.Equal(2, await Runs());
    }

    private async Task<string> Built()
    {
        (await shop.Build(context, "--iidfile", shop["id"])).Succeeded();
        return await File.ReadAllTextAsync(shop["id"]);
    }

    private static async Task<string[]> Lines(string script) =>
        (await Tool.Run("bash", "-c", script)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
