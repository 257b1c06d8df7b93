using System.Security.Cryptography;
using Manifold.Content;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Tests.Content;

public sealed class WritingBlobs : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Store store;

    public WritingBlobs() => store = Store.Open(folder["store"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task a_blob_appears_with_its_commit_and_not_before()
    {
        var content = RandomNumberGenerator.GetBytes(100_000);
        await using var writer = store.CreateBlob();
        await writer.WriteAsync(content);
        Assert.False(store.Contains(Digest.Of(content)));

        var blob = await writer.CommitAsync("application/octet-stream");

        Assert.Equal(content, store.ReadDocument(blob.Digest));
        Assert.Equal(content.Length, store.SizeOf(blob.Digest));
    }

    [Fact]
    public async Task a_blob_that_is_not_what_was_promised_is_not_stored()
    {
        var promised = new Descriptor { MediaType = "a/b", Digest = Digest.Of("right"), Size = 5 };
        await using (var writer = store.CreateBlob(promised.Digest))
        {
            writer.Write("wrong"u8);
            await Assert.ThrowsAsync<ContentMismatchException>(() => writer.CommitAsync("a/b", promised));
        }
        Assert.Empty(Blobs());
        Assert.Empty(Directory.GetFiles(store.WorkFolder));
    }

    [Fact]
    public async Task a_writer_that_gives_up_leaves_nothing()
    {
        await using (var writer = store.CreateBlob())
            writer.Write("half"u8);
        Assert.Empty(Blobs());
        Assert.Empty(Directory.GetFiles(store.WorkFolder));
    }

    [Fact]
    public async Task sha512_content_lies_under_its_own_algorithm()
    {
        var digest = Digest.FromHash(SHA512.HashData("x"u8));
        await using var writer = store.CreateBlob(digest);
        writer.Write("x"u8);
        Assert.Equal(digest, (await writer.CommitAsync("a/b")).Digest);
        Assert.True(File.Exists(Path.Combine(store.Root, "blobs", "sha512", digest.Hex)));
    }

    [Fact]
    public async Task many_writers_of_the_same_content_agree()
    {
        var content = RandomNumberGenerator.GetBytes(300_000);
        var written = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            using var own = Store.Open(store.Root);
            await using var writer = own.CreateBlob();
            await writer.WriteAsync(content);
            return (await writer.CommitAsync("a/b")).Digest;
        })));
        Assert.Equal(Digest.Of(content), Assert.Single(written.Distinct()));
        Assert.Equal(content, store.ReadDocument(written[0]));
    }

    private IEnumerable<string> Blobs() => Directory.EnumerateFiles(Path.Combine(store.Root, "blobs"), "*", SearchOption.AllDirectories);
}

public sealed class ReadingBlobs : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Store store;

    public ReadingBlobs() => store = Store.Open(folder["store"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("abcdefgX")] // a bit rotted
    [InlineData("abcdefg")] // cut short
    [InlineData("abcdefghi")] // grown
    [InlineData("")]
    public async Task a_damaged_one_is_never_taken_for_good(string onDisk)
    {
        var blob = await store.WriteAsync("abcdefgh"u8.ToArray(), "a/b");
        File.WriteAllText(store.BlobPath(blob.Digest), onDisk);
        var error = Assert.Throws<ContentMismatchException>(() => store.ReadDocument(blob.Digest));
        Assert.Contains(blob.Digest.ToString(), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void an_absent_one_is_an_answer_and_not_an_error()
    {
        var digest = Digest.Of("nowhere");
        Assert.Null(store.TryOpen(digest));
        Assert.Null(store.TryReadDocument(digest));
        Assert.Null(store.SizeOf(digest));
    }

    [Fact]
    public async Task a_document_that_is_too_large_is_not_read()
    {
        var blob = await store.WriteAsync(new byte[Limits.DocumentBytes + 1], "a/b");
        Assert.Throws<ContentMismatchException>(() => store.ReadDocument(blob.Digest));
    }
}

public sealed class OpeningTheStore : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void an_empty_one_is_an_oci_layout()
    {
        using var store = Store.Open(folder["store"]);
        Assert.Contains("1.0.0", File.ReadAllText(folder["store/oci-layout"]), StringComparison.Ordinal);
        Assert.Empty(ImageIndex.Parse(File.ReadAllBytes(folder["store/index.json"])).Manifests);
    }

    [Fact]
    public void what_a_killed_process_left_is_swept_and_what_a_living_one_has_is_not()
    {
        using var living = Store.Open(folder["store"]);
        File.WriteAllText(Path.Combine(living.WorkFolder, "mine"), "");
        var work = Path.GetDirectoryName(living.WorkFolder)!;
        Directory.CreateDirectory(Path.Combine(work, "dead", "sub"));
        File.WriteAllText(Path.Combine(work, "dead.lock"), "");

        using var next = Store.Open(folder["store"]);
        _ = next.WorkFolder;

        Assert.True(File.Exists(Path.Combine(living.WorkFolder, "mine")));
        Assert.False(Path.Exists(Path.Combine(work, "dead")));
        Assert.False(File.Exists(Path.Combine(work, "dead.lock")));
    }

    [Fact]
    public void what_a_child_of_a_killed_process_still_held_is_swept_at_the_end()
    {
        var work = folder["store/work"];
        using (var next = Store.Open(folder["store"]))
        {
            Directory.CreateDirectory(Path.Combine(work, "dead"));
            using (FileLock.TryTake(Path.Combine(work, "dead.lock")))
                _ = next.WorkFolder;
            Assert.True(Path.Exists(Path.Combine(work, "dead")));
        }
        Assert.Empty(Directory.GetFileSystemEntries(work));
    }
}

public sealed class LockingTheStore : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task builders_share_it_and_a_prune_waits_for_all_of_them()
    {
        using var store = Store.Open(folder["store"]);
        var first = await store.LockSharedAsync();
        var second = await store.LockSharedAsync();
        var told = 0;
        var prune = store.LockExclusiveAsync(() => told++);

        Assert.Null(store.TryLockExclusive());
        first.Dispose();
        Assert.Null(store.TryLockExclusive());
        second.Dispose();

        (await prune).Dispose();
        Assert.Equal(1, told);
    }

    [Fact]
    public async Task a_killed_holder_holds_nothing()
    {
        using var store = Store.Open(folder["store"]);
        (await store.LockSharedAsync()).Dispose();
        using var stop = new CancellationTokenSource();
        var other = ChildProcess.RunAsync("flock", [Path.Combine(store.Root, "content.lock"), "sleep", "1000000"],
            cancellation: stop.Token);
        await Eventually.Is(() =>
        {
            using var mine = store.TryLockExclusive();
            return mine is null;
        }, "flock(1) never took the lock");
        await stop.CancelAsync(); // SIGKILL
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => other);
        (await store.LockExclusiveAsync()).Dispose();
    }
}
