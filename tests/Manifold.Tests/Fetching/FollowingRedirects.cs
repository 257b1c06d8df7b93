using System.Net;
using Manifold.Content;
using Manifold.Fetching;

namespace Manifold.Tests.Fetching;

/// <summary>The addresses to which a server may redirect a download, and the names that they may end in.</summary>
public sealed class FollowingRedirects : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly HttpListener listener;
    private readonly string address;
    private readonly Store store;

    /// <summary>Status, location and body by path.</summary>
    private readonly Dictionary<string, (int Status, string? Location)> answers = new(StringComparer.Ordinal) { ["/there"] = (200, null) };
    private readonly List<string?> authorizations = [];

    public FollowingRedirects()
    {
        store = Store.Open(folder["store"]);
        (listener, address) = StaticServer.Listen();
        _ = Task.Run(ServeAsync);
    }

    public void Dispose()
    {
        listener.Close();
        store.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("FILE:///etc/passwd")]
    [InlineData("file://localhost/etc/passwd")]
    [InlineData("unix:///var/run/docker.sock")]
    [InlineData("ftp://127.0.0.1/a")]
    [InlineData("data:text/plain,a")]
    [InlineData("javascript:alert(1)")]
    [InlineData("gopher://127.0.0.1/")]
    [InlineData("urn:a")]
    public async Task no_other_scheme_is_followed(string location)
    {
        answers["/a"] = (302, location);
        var refusal = await Assert.ThrowsAsync<FetchException>(() => FetchAsync("/a"));
        Assert.Contains("which is not a valid http(s) address", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(3, refusal.ExitCode);
    }

    [Theory, InlineData("http://"), InlineData("http://:80/"), InlineData("http://[::1/"),
        InlineData("http://a..b:99999/"), InlineData("//")]
    public async Task what_is_no_address_is_refused_in_a_sentence(string location)
    {
        answers["/a"] = (307, location);
        Assert.Contains("Downloading", (await Assert.ThrowsAsync<FetchException>(() => FetchAsync("/a"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_host_that_international_names_cannot_have_is_refused_in_a_sentence() // Uri takes it, and fails when it is used
    {
        var unusable = new Uri($"https://mün.{string.Concat(Enumerable.Repeat("1.", 400))}a/");
        var refusal = await Assert.ThrowsAsync<FetchException>(
            () => new HttpFetcher(store).FetchAsync(unusable, null, TestContext.Current.CancellationToken));
        Assert.Contains("Check the host", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_circle_ends()
    {
        answers["/a"] = (301, "/b");
        answers["/b"] = (308, "a");
        Assert.Contains("more than 10 times", (await Assert.ThrowsAsync<FetchException>(() => FetchAsync("/a"))).Message,
            StringComparison.Ordinal);
    }

    [Theory, InlineData(301), InlineData(302), InlineData(303), InlineData(307), InlineData(308)]
    public async Task a_redirect_is_followed_and_the_password_stays(int status)
    {
        answers["/a"] = (status, "there?x=y#z");
        var file = await FetchAsync("/a", user: "alice:secret@");
        Assert.Equal(6, file.Size);
        Assert.Equal(["Basic", null], authorizations.Select(sent => sent?.Split(' ')[0]));
    }

    [Fact]
    public async Task a_password_in_a_location_is_in_no_message()
    {
        answers["/a"] = (302, "ftp://alice:pppp@host/x?token=qqqq");
        var refusal = await Assert.ThrowsAsync<FetchException>(() => FetchAsync("/a"));
        Assert.DoesNotContain("pppp", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("qqqq", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://a/%00")]
    [InlineData("http://a/b%00c.txt")]
    public void a_name_with_a_zero_byte_is_refused(string text) =>
        Assert.Contains("%00", Assert.Throws<FetchException>(() => HttpFetcher.NameOf(new Uri(text))).Message, StringComparison.Ordinal);

    [Fact]
    public void a_name_that_no_file_can_have_is_refused()
    {
        Assert.Contains("300 bytes",
            Assert.Throws<FetchException>(() => HttpFetcher.NameOf(new Uri("http://a/" + new string('x', 300)))).Message,
            StringComparison.Ordinal);
        Assert.Contains("256 bytes",
            Assert.Throws<FetchException>(() => HttpFetcher.NameOf(new Uri("http://a/" + new string('é', 128)))).Message,
            StringComparison.Ordinal);
        Assert.Equal(255, HttpFetcher.NameOf(new Uri("http://a/" + new string('x', 255))).Length);
    }

    [Theory, InlineData("http://a/", "__unnamed__"), InlineData("http://a/b/..%2fc", "c"), InlineData("http://a/%2e%2e%2f", "__unnamed__"),
        InlineData("http://a/b%20c?d#e", "b c")]
    public void a_name_is_one_name(string text, string name) => Assert.Equal(name, HttpFetcher.NameOf(new Uri(text)));

    [Fact]
    public async Task a_context_under_a_name_whose_address_ends_in_a_zero_byte_is_refused_before_it_is_fetched()
    {
        var fetcher = new ContextFetcher(store, GitCredentials.None);
        await Assert.ThrowsAsync<FetchException>(
            () => fetcher.FetchNamedAsync($"{address}/there%00", false, TestContext.Current.CancellationToken));
        Assert.Empty(authorizations);
    }

    [Fact]
    public async Task a_context_under_a_name_may_have_the_longest_name_that_a_file_can_have()
    {
        var name = new string('x', 255);
        answers["/" + name] = (200, null);
        var fetcher = new ContextFetcher(store, GitCredentials.None);
        var context = await fetcher.FetchNamedAsync($"{address}/{name}", false, TestContext.Current.CancellationToken);
        Assert.Equal([name], Directory.GetFileSystemEntries(context.Folder).Select(Path.GetFileName));
    }

    [Fact]
    public async Task when_a_context_under_a_name_was_made_is_found_out_by_whoever_asks()
    {
        var fetcher = new ContextFetcher(store, GitCredentials.None);
        var context = await fetcher.FetchNamedAsync($"{address}/there", false, TestContext.Current.CancellationToken);
        Assert.False(context.When!.IsValueCreated);
        Assert.Null(context.Time);
    }

    [Fact]
    public void nobody_knows_when_a_damaged_archive_was_made()
    {
        var written = new MemoryStream();
        using (var writer = new System.Formats.Tar.TarWriter(written, leaveOpen: true))
            writer.WriteEntry(new System.Formats.Tar.UstarTarEntry(System.Formats.Tar.TarEntryType.Directory, "a"));
        var tar = written.ToArray();
        tar.AsSpan(512).Fill((byte)'x'); // from its second header on
        File.WriteAllBytes(folder["x.tar"], tar);
        var file = new FetchedFile(folder["x.tar"], tar.Length, Manifold.Oci.Digest.Of(tar), Modified: null);
        Assert.Null(FileTimes.Of(file, "x.tar", TestContext.Current.CancellationToken));
        Assert.Equal(["x.tar"], Directory.GetFiles(folder.Path).Select(Path.GetFileName));
    }

    private Task<FetchedFile> FetchAsync(string path, string user = "") =>
        new HttpFetcher(store).FetchAsync(new Uri(address.Replace("http://", $"http://{user}", StringComparison.Ordinal) + path),
            null, TestContext.Current.CancellationToken);

    private async Task ServeAsync()
    {
        while (listener.IsListening)
        {
            try
            {
                var context = await listener.GetContextAsync();
                authorizations.Add(context.Request.Headers["Authorization"]);
                var (status, location) = answers.GetValueOrDefault(context.Request.Url!.AbsolutePath, (404, null));
                context.Response.StatusCode = status;
                if (location is not null)
                    context.Response.Headers["Location"] = location;
                if (status == 200)
                    context.Response.OutputStream.Write("hello\n"u8);
                context.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or InvalidOperationException or IOException)
            {
                // The listener ends, or a client went away.
            }
        }
    }
}
