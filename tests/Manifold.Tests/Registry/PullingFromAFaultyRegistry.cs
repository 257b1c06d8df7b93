using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Manifold.Content;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Registry;
using Microsoft.AspNetCore.Http;

namespace Manifold.Tests.Registry;

public sealed partial class PullingFromAFaultyRegistry : WithARegistry
{
    /// <summary>From now on clients wait by a clock whose short waits are over at once.</summary>
    private ManualTime Hurried()
    {
        if (Options.Time is not ManualTime)
            Options = Options with { Time = new ManualTime(Retries.Patience), StallTimeout = TimeSpan.FromHours(1) };
        return (ManualTime)Options.Time;
    }

    /// <summary>Tells when so many bytes are here.</summary>
    private sealed class Until : IProgress<long>
    {
        private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly long bytes;

        public Until(long bytes, out Task task) => (this.bytes, task) = (bytes, reached.Task);

        public void Report(long value)
        {
            if (value >= bytes)
                reached.TrySetResult();
        }
    }

    [Fact]
    public async Task a_blob_that_is_cut_again_and_again_goes_on_where_it_was()
    {
        var content = Noise(900_000);
        var blob = Registry.AddBlob("app", content);
        Registry.Fault = CutBlobsAfter(200_000, times: 4);

        await PullAsync("app", blob);

        Assert.Equal(content, await File.ReadAllBytesAsync(Store.BlobPath(blob.Digest)));
        var ranges = Registry.Requests.Select(request => request.Range).ToList();
        Assert.Equal(5, ranges.Count);
        Assert.Null(ranges[0]);
        Assert.All(ranges[1..], range => Assert.NotNull(range));
    }

    [Fact]
    public async Task a_document_that_the_store_has_is_not_written_again_unless_it_is_damaged()
    {
        var manifest = new Manifest { Config = Registry.AddBlob("app", "{}"u8.ToArray(), MediaType.Config), Layers = [] }.ToJson();
        var digest = Digest.Of(manifest);
        Registry.Manifests["app:1"] = Registry.Manifests[$"app@{digest}"] = (MediaType.Manifest, manifest);
        var content = await Client().GetManifestAsync(Registry.Reference("app:1"));
        await content!.KeepAsync(Store, default);
        var path = Store.BlobPath(digest);
        var written = DirectoryHandle.StatusOf(path)!.Value;

        await content.KeepAsync(Store, default);
        Assert.Equal(written.Inode, DirectoryHandle.StatusOf(path)!.Value.Inode);

        await File.WriteAllBytesAsync(path, [.. manifest.Select(_ => (byte)' ')]);
        await content.KeepAsync(Store, default);
        Assert.Equal(manifest, await File.ReadAllBytesAsync(path));
    }

    [Fact]
    public async Task a_large_blob_survives_more_cuts_than_there_are_retries()
    {
        var blob = Registry.AddBlob("app", Noise(16_000_000));
        Registry.Fault = CutBlobsAfter(1_500_000, times: int.MaxValue);
        await PullAsync("app", blob);
        Assert.True(Store.Contains(blob.Digest));
        Assert.True(Registry.Count("GET", "/blobs/") > 6);
    }

    [Fact]
    public async Task the_next_process_goes_on_with_what_has_arrived()
    {
        var content = Noise(4_000_000);
        var blob = Registry.AddBlob("app", content);
        Registry.Fault = CuttingRegistry.Cut(Registry, 300_000, times: int.MaxValue);
        await Assert.ThrowsAsync<RegistryException>(() => PullAsync("app", blob));
        var arrived = new FileInfo(ArrivingBlob.PathOf(Store, blob.Digest)).Length;
        Assert.InRange(arrived, 300_000, 3_900_000);
        Assert.Empty(StoredBlobs());

        Registry.Fault = null;
        Registry.Requests.Clear();
        using var next = Store.Open(Store.Root);
        await Client().PullBlobAsync(Registry.Reference("app"), blob, next);
        Assert.Equal($"bytes={arrived}-", Assert.Single(Registry.Requests).Range);
        Assert.Equal(content, await File.ReadAllBytesAsync(Store.BlobPath(blob.Digest)));
        Assert.False(File.Exists(ArrivingBlob.PathOf(Store, blob.Digest)));
    }

    [Fact]
    public async Task what_has_arrived_and_is_wrong_is_fetched_anew()
    {
        var content = Noise(4_000_000);
        var blob = Registry.AddBlob("app", content);
        Directory.CreateDirectory(Path.GetDirectoryName(ArrivingBlob.PathOf(Store, blob.Digest))!);
        foreach (var found in new[] { 1_000_000, 4_000_000, 5_000_000 })
        {
            await File.WriteAllBytesAsync(ArrivingBlob.PathOf(Store, blob.Digest), Noise(found));
            await PullAsync("app", blob);
            Assert.Equal(content, await File.ReadAllBytesAsync(Store.BlobPath(blob.Digest)));
            File.Delete(Store.BlobPath(blob.Digest));
        }
    }

    [Fact]
    public async Task two_who_pull_the_same_blob_into_one_store_do_not_disturb_each_other()
    {
        var content = Noise(6_000_000);
        var blob = Registry.AddBlob("app", content);
        using var other = Store.Open(Store.Root);
        await Task.WhenAll(PullAsync("app", blob), Client().PullBlobAsync(Registry.Reference("app"), blob, other));
        Assert.Equal(content, await File.ReadAllBytesAsync(Store.BlobPath(blob.Digest)));
    }

    [Fact]
    public async Task a_trickle_counts_as_cut_and_ends()
    {
        Options = Options with { StallTimeout = TimeSpan.FromSeconds(10), LeastBytesPerSecond = 1_000_000, Time = new FastTime() };
        var blob = Registry.AddBlob("app", Noise(2_000_000));
        Registry.Fault = async context =>
        {
            context.Response.ContentLength = 2_000_000;
            for (var i = 0; i < 2000 && !context.RequestAborted.IsCancellationRequested; i++)
            {
                await context.Response.Body.WriteAsync(new byte[10]);
                await Task.Delay(20);
            }
            return true;
        };
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => PullAsync("app", blob));
        Assert.Contains("sent only", refusal.Message, StringComparison.Ordinal); // a reader that waits for the end learns of the cut
    }

    /// <summary>
    /// Measured times are thirty times as long; waits are unchanged, so that a busy machine does not look like a silent
    /// registry.
    /// </summary>
    private sealed class FastTime : TimeProvider
    {
        public override long GetTimestamp() => 30 * base.GetTimestamp();
    }

    [Fact]
    public async Task a_registry_that_knows_no_ranges_is_read_past_what_is_here()
    {
        var blob = Registry.AddBlob("app", Noise(500_000));
        var cut = CutBlobsAfter(200_000, times: 2);
        Registry.Fault = async context =>
        {
            context.Request.Headers.Remove("Range");
            return await cut(context);
        };
        await PullAsync("app", blob);
        Assert.True(Store.Contains(blob.Digest));
        Assert.Equal(3, Registry.Requests.Count);
    }

    [Fact]
    public async Task a_registry_that_always_cuts_is_given_up_with_one_message()
    {
        var blob = Registry.AddBlob("app", Noise(500_000));
        Registry.Fault = CutBlobsAfter(10_000, times: int.MaxValue);
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => PullAsync("app", blob));
        Assert.StartsWith($"pull {Registry.Name}/app, blob {blob.Digest.Short}: the registry '{Registry.Name}' closed the connection. Try "
            + "again.", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(3, refusal.ExitCode);
        Assert.Equal(6, Registry.Requests.Count);
        Assert.Empty(StoredBlobs());
    }

    [Fact]
    public async Task too_many_requests_waits_as_long_as_it_is_told()
    {
        var blob = Registry.AddBlob("app", Noise(1000));
        var time = Hurried();
        Registry.Fault = Answer(times: 1, 429, response => response.Headers.RetryAfter = "37");
        await PullAsync("app", blob);
        Assert.Equal([TimeSpan.FromSeconds(37)], time.Waits);
    }

    [Fact]
    public async Task a_wait_may_be_told_as_a_date()
    {
        var blob = Registry.AddBlob("app", Noise(1000));
        var time = Hurried();
        Registry.Fault = Answer(times: 1, 503,
            response => response.Headers.RetryAfter = time.GetUtcNow().AddSeconds(41).ToString("R", CultureInfo.InvariantCulture));
        await PullAsync("app", blob);
        Assert.Equal([TimeSpan.FromSeconds(41)], time.Waits);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("Thu, 01 Jan 2026 00:00:00 GMT")] // its clock is behind ours
    public async Task a_wait_that_is_over_already_does_not_make_us_hurry(string after)
    {
        Options = Options with { RetryDelay = TimeSpan.FromMilliseconds(500) };
        var time = Hurried();
        Registry.AddImage("app", "1", Noise(10));
        Registry.Fault = Answer(times: 4, 503, response => response.Headers.RetryAfter = after);
        Assert.NotNull(await Client().GetManifestAsync(Registry.Reference("app:1")));
        Assert.Equal(4, time.Waits.Count);
        Assert.True(time.Waits.Sum(wait => wait.TotalSeconds) > 2, string.Join(' ', time.Waits));
    }

    [Fact]
    public async Task a_registry_that_asks_for_an_hour_is_given_up_at_once()
    {
        Registry.Fault = Answer(times: int.MaxValue, 429, response => response.Headers.RetryAfter = "3600");
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => Client().GetManifestAsync(Registry.Reference("app:1")));
        Assert.Equal(HttpStatusCode.TooManyRequests, refusal.Status);
        Assert.Single(Registry.Requests);
    }

    [Fact]
    public async Task trouble_of_the_server_that_passes_is_not_seen()
    {
        var image = Registry.AddImage("app", "1", Noise(1000));
        var statuses = new Queue<int>([500, 502, 503, 504]);
        Registry.Fault = context =>
        {
            if (!statuses.TryDequeue(out var status))
                return Task.FromResult(false);
            context.Response.StatusCode = status;
            return Task.FromResult(true);
        };
        Assert.Equal(image.Digest, (await Client().GetManifestAsync(Registry.Reference("app:1")))?.Descriptor.Digest);
    }

    [Fact]
    public async Task trouble_that_lasts_ends_after_bounded_tries_with_the_registrys_words()
    {
        Registry.Fault = async context =>
        {
            await ScriptedRegistry.RefuseAsync(context, 500, "UNKNOWN", "see https://storage.example/b?X-Amz-Signature=deadbeef for more");
            return true;
        };
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => Client().GetManifestAsync(Registry.Reference("app:1")));
        Assert.Matches($"^pull {Regex.Escape(Registry.Name)}/app:1: the registry answered 500 \\(UNKNOWN: see https://storage.example/b "
            + "for more\\)\\. .*Try again later\\.$", refusal.Message);
        Assert.Equal("UNKNOWN", refusal.Code);
        Assert.Equal(6, Registry.Requests.Count);
    }

    [Fact]
    public async Task a_blob_of_another_digest_is_refused_and_nothing_is_stored()
    {
        var blob = Registry.AddBlob("app", Noise(1000));
        Registry.Blobs[blob.Digest] = Noise(1000);
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => PullAsync("app", blob));
        Assert.Contains("different digest. Nothing was stored.", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(StoredBlobs());
    }

    [Fact]
    public async Task a_blob_that_is_too_short_is_refused()
    {
        var blob = Registry.AddBlob("app", Noise(1000));
        Registry.Blobs[blob.Digest] = Registry.Blobs[blob.Digest][..900];
        Registry.Fault = async context => // says that it is whole, however it is asked
        {
            await context.Response.Body.WriteAsync(Registry.Blobs[blob.Digest]);
            return true;
        };
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => PullAsync("app", blob));
        Assert.Contains("900 of 1000 bytes", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(StoredBlobs());
    }

    [Fact]
    public async Task a_blob_that_is_too_long_is_refused_as_soon_as_it_shows()
    {
        var blob = Registry.AddBlob("app", Noise(1000));
        Registry.Blobs[blob.Digest] = Noise(50_000_000);
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => PullAsync("app", blob));
        Assert.Contains("more than the 1000 bytes", refusal.Message, StringComparison.Ordinal);
        Assert.Single(Registry.Requests);
    }

    [Fact]
    public async Task a_registry_that_falls_silent_counts_as_cut()
    {
        var blob = Registry.AddBlob("app", Noise(500_000));
        var time = Hurried();
        Registry.Fault = CutBlobsAfter(100_000, times: 1, silent: true);
        var pulling = Client().PullBlobAsync(Registry.Reference("app"), blob, Store, new Until(100_000, out var silent));
        await Eventually.Ends(Task.WhenAny(silent, pulling));
        await Eventually.Is(() =>
        {
            if (Registry.Requests.Count < 2)
                time.Advance(Options.StallTimeout);
            return pulling.IsCompleted;
        });
        await pulling;
        Assert.Equal("bytes=100000-", Registry.Requests.ElementAt(1).Range);
    }

    [Fact]
    public async Task an_interruption_ends_a_wait_at_once()
    {
        Registry.Fault = Answer(times: int.MaxValue, 429, response => response.Headers.RetryAfter = "50");
        Options = Options with { Time = new ManualTime() }; // by this clock the wait never ends
        using var interrupt = new CancellationTokenSource(200);
        await Eventually.Ends(Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Client().GetManifestAsync(Registry.Reference("app:1"), interrupt.Token)));
    }

    [Fact]
    public async Task callers_who_want_the_same_blob_share_one_transfer()
    {
        var blob = Registry.AddBlob("app", Noise(2_000_000));
        var client = Client();
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => client.PullBlobAsync(Registry.Reference("app"), blob, Store)));
        Assert.Single(Registry.Requests);
    }

    [Fact]
    public async Task no_more_requests_than_allowed_are_under_way_at_once()
    {
        Options = Options with { Concurrency = 3 };
        var (begun, three) = (0, new TaskCompletionSource());
        Registry.Fault = async _ =>
        {
            if (Interlocked.Increment(ref begun) == 3)
                three.SetResult();
            await Eventually.Ends(three.Task);
            await Task.Delay(20); // so that a fourth would be seen
            return false;
        };
        var client = Client();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(n => client.HasBlobAsync(Registry.Reference("app"), Digest.Of($"{n}"))));
        Assert.Equal(3, Registry.MostAtOnce);
    }

    [Fact]
    public async Task a_registry_that_is_not_there_is_one_message_within_seconds()
    {
        var gone = Registry.Reference("app:1");
        await Registry.DisposeAsync();
        var time = new ManualTime(TimeSpan.FromSeconds(59));
        Options = new RegistryOptions { Time = time };
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => Client().GetManifestAsync(gone));
        Assert.StartsWith($"pull {gone}: cannot connect to '{gone.Registry}' (ConnectionRefused). Check the name", refusal.Message,
            StringComparison.Ordinal);
        Assert.InRange(time.Waits.Sum(wait => wait.TotalSeconds), 0, 4);
    }

    private static Func<HttpContext, Task<bool>> Answer(int times, int status, Action<HttpResponse> more) => context =>
    {
        if (Interlocked.Decrement(ref times) < 0)
            return Task.FromResult(false);
        context.Response.StatusCode = status;
        more(context.Response);
        return Task.FromResult(true);
    };

    private Func<HttpContext, Task<bool>> CutBlobsAfter(int bytes, int times, bool silent = false) =>
        CuttingRegistry.Cut(Registry, bytes, times, silent);
}
