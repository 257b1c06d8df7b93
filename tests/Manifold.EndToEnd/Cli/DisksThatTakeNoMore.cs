using System.Security.Cryptography;

namespace Manifold.EndToEnd.Cli;

/// <summary>A disk is full, or read-only, in the middle of a command: which one, how much is free, and what helps.</summary>
public sealed class DisksThatTakeNoMore : IDisposable
{
    private readonly Workshop shop = new();

    public void Dispose() => shop.Dispose();

    [Theory]
    [InlineData("-o", "type=tar,dest=DISK/files.tar")]
    [InlineData("-o", "type=local,dest=DISK/files")]
    [InlineData("-o", "type=oci,dest=DISK/image.tar")]
    [InlineData("-o", "type=oci,tar=false,dest=DISK/layout")]
    [InlineData("-o", "type=docker,dest=DISK/image.tar")]
    [InlineData("--cache-to", "type=local,dest=DISK/cache")]
    public async Task of_an_output_that_is_full_is_named_with_code_4(params string[] arguments)
    {
        using var disk = await SmallDisk.MountAsync(shop["disk"], "size=200k");
        var failed = await shop.Build(Large(), [.. arguments.Select(each => each.Replace("DISK", shop["disk"], StringComparison.Ordinal))]);
        RequireTold(failed, $"mounted on '{shop["disk"]}' is full", " MB are free", "destination");
        Assert.DoesNotContain("manifold prune", failed.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--iidfile")]
    [InlineData("--metadata-file")]
    public async Task of_a_file_that_is_full_is_named_with_code_4(string flag)
    {
        using var disk = await SmallDisk.MountAsync(shop["disk"], "size=4k");
        Fill(shop["disk"]);
        RequireTold(await shop.Build(Large(), flag, shop["disk/file"]), $"mounted on '{shop["disk"]}' is full", " MB are free");
    }

    [Theory]
    [InlineData("size=2m")]
    [InlineData("size=100m,nr_inodes=12")]
    public async Task of_the_store_that_is_full_is_named_and_a_prune_is_advised(string options)
    {
        using var disk = await SmallDisk.MountAsync(shop.Root, options);
        var failed = await shop.Build(Large());
        RequireTold(failed, $"'{shop.Root}'", "is full",
            options.Contains("nr_inodes", StringComparison.Ordinal) ? "its 12 inodes" : " MB are free", "manifold prune");
    }

    [Fact]
    public async Task of_a_store_that_is_full_to_the_last_byte_can_be_pruned()
    {
        using var disk = await SmallDisk.MountAsync(shop.Root, "size=8m");
        (await shop.Build(Large())).Succeeded();
        Fill(shop.Root);
        Assert.NotEqual(0, (await shop.Build(Large())).Code);
        (await shop.Run([], "prune", "--all")).Succeeded();
    }

    [Theory]
    [InlineData("type=tar,dest=DISK/files.tar")]
    [InlineData("type=local,dest=DISK/files")]
    [InlineData("type=oci,dest=DISK/image.tar")]
    public async Task of_an_output_that_is_read_only_is_named_with_code_4(string output)
    {
        using var disk = await SmallDisk.MountAsync(shop["disk"], "size=4m,ro");
        RequireTold(await shop.Build(Large(), "-o", output.Replace("DISK", shop["disk"], StringComparison.Ordinal)),
            $"mounted on '{shop["disk"]}' is read-only");
    }

    private string Large() =>
        shop.Context("FROM scratch\nCOPY large /\n", ("large", Convert.ToBase64String(RandomNumberGenerator.GetBytes(3_000_000))));

    private static void Fill(string disk)
    {
        using var file = new FileStream(Path.Combine(disk, "filling"),
            new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0 });
        var piece = new byte[1024];
        try
        {
            while (true)
                file.Write(piece);
        }
        catch (IOException)
        {
            // Now it is full.
        }
    }

    private static void RequireTold(Workshop.Outcome failed, params string[] parts)
    {
        Assert.True(failed.Code == 4, $"code {failed.Code}: {failed.Error}");
        var told = failed.Error.TrimEnd().Split('\n')[^1];
        foreach (var part in parts)
            Assert.Contains(part, told, StringComparison.Ordinal);
        Assert.DoesNotContain("No space left on device", told, StringComparison.Ordinal);
    }
}
