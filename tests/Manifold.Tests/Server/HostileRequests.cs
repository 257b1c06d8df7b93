using System.Net;
using System.Net.Sockets;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Manifold.Oci;

namespace Manifold.Tests.Server;

/// <summary>Whatever is asked for, nothing outside of the store is read or written, and the server goes on.</summary>
public sealed class HostileRequests() : WithAServer(options => options with { AllowDelete = true, SlowGrace = TimeSpan.FromSeconds(2) })
{
    private const string Canary = "the canary sings";

    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(600).WithQuietOnSuccess(true);

    private static readonly Gen<string> Pieces = Gen.Elements(
        "/v2/", "/", "/", "/", "//", "..", "../", "/..", "../../canary",
        "%2e%2e", "%2e%2e%2f", "%2f", "%2F", "%5c", "\\", "%00", "%0a", "%c0%ae%c0%ae", "%ff", "~", "a", "a/b", "A", "_uploads", "_blobs",
        "blobs", "uploads", "uploads/", "manifests", "tags/list",
        "referrers", "_catalog", "index.json", "canary", "sha256:", "sha256:..", "sha512:", new string('0', 64), new string('f', 128),
        "00000000000000000000000000000000", new string('a', 300), new string('/', 50),
        "?digest=", "?mount=", "&from=", "?n=", "&last=", "?tag=", "&tag=../../canary", "latest", ":", "@", "é", ".tmp");

    private static readonly Gen<string> Texts = Pieces.ArrayOf().Select(pieces => string.Concat(pieces.Take(8)));

    /// <summary>What leaves a folder if anything decodes it once too often.</summary>
    private static readonly Gen<string> Escapes =
        from step in Gen.Elements("..%2f", "%2e%2e%2f", "..%5c", "%2e%2e/", "..%252f")
        from steps in Gen.Choose(1, 2) // more would leave the folder of the test
        from target in Gen.Elements("canary", "x")
        select string.Concat(Enumerable.Repeat(step, steps)) + target;

    private static readonly Gen<(string Method, string Path)> Requests =
        from method in Gen.Elements("POST", "POST", "PUT", "PUT", "GET", "HEAD", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")
        from name in Gen.OneOf(Texts, Escapes, Gen.Constant("a"))
        from endpoint in Gen.Elements("/blobs/uploads/", "/blobs/uploads/", "/blobs/", "/manifests/", "/referrers/", "/tags/list", "")
        from rest in Gen.OneOf(Texts, Escapes, Gen.Constant(""))
        select (method, "/v2/" + name + endpoint + rest);

    [Fact]
    public async Task no_path_leads_out_of_the_store()
    {
        await File.WriteAllTextAsync(Server["canary"], Canary);
        await File.WriteAllTextAsync(Path.Combine(Server.Store.Root, "canary"), Canary);
        await Server.PushImage("a", "x", "kept"); // a name that no request has: one for "latest" may delete it, and rightly
        var before = Outside();

        Check.One(Config, Prop.ForAll(Requests.ToArbitrary(), request =>
        {
            var answer =
                Ask($"{request.Method} {request.Path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}");
            Assert.Matches(@"^HTTP/1\.1 [2-4]\d\d ", answer);
            Assert.DoesNotContain(Canary, answer, StringComparison.Ordinal);
        }));

        Assert.Equal(before, Outside());
        await Send("GET", "/v2/a/manifests/kept").Is(200);
    }

    [Theory]
    [InlineData("POST", "/v2/..%2F..%2Fetc/blobs/uploads/")]
    [InlineData("POST", "/v2/a/../../../etc/blobs/uploads/")]
    [InlineData("POST", "/v2/_uploads/blobs/uploads/")]
    [InlineData("PATCH", "/v2/a/blobs/uploads/..%2F..%2F..%2Findex.json")]
    [InlineData("GET", "/v2/a/blobs/uploads/0123")]
    [InlineData("GET", "/v2/a/blobs/uploads/00000000000000000000000000000000")]
    [InlineData("GET", "/v2/a/blobs/sha256:..%2f..%2f..%2findex.json")]
    [InlineData("PUT", "/v2/a/manifests/..%2f..%2findex.json")]
    public async Task what_names_another_file_is_refused(string method, string path)
    {
        Assert.InRange((int)(await Send(method, path, "{}"u8.ToArray())).StatusCode, 400, 404);
        Assert.False(Directory.Exists(Server.Store.Repositories.Folder));
    }

    [Fact]
    public async Task a_name_is_as_long_as_the_specification_allows()
    {
        var longest = string.Join('/', Enumerable.Repeat(new string('a', 50), 5)); // 254 characters
        await Server.PushImage(longest + "b", "x", new string('t', 128));
        await Send("GET", $"/v2/{longest}b/manifests/{new string('t', 128)}").Is(200);
        await Send("POST", $"/v2/{longest}bc/blobs/uploads/").Is(400, "NAME_INVALID");
        await Send("PUT", $"/v2/a/manifests/{new string('t', 129)}", "{}"u8.ToArray(), MediaType.Manifest).Is(400);
    }

    [Theory]
    [InlineData("GET /v2/ HTTP/1.1\r\nHost: localhost\r\nX: {40000}\r\n\r\n", " 431 ")]
    [InlineData("GET /v2/{70000} HTTP/1.1\r\nHost: localhost\r\n\r\n", " 414 ")]
    [InlineData("PUT /v2/a/manifests/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\n", " 413 ")]
    [InlineData("nonsense\r\n\r\n", " 400 ")]
    public void too_much_is_refused_before_it_is_read(string request, string status)
    {
        foreach (var length in new[] { 40000, 70000 })
            request = request.Replace($"{{{length}}}", new string('a', length));
        Assert.Contains(status, Ask(request)[..20], StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_endless_manifest_is_cut()
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, Server.Port);
        var stream = connection.GetStream();
        await stream.WriteAsync("PUT /v2/a/manifests/1 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"u8.ToArray());
        var chunk = Encoding.ASCII.GetBytes($"10000\r\n{new string(' ', 0x10000)}\r\n");
        for (var i = 0; i < 65; i++) // 64 KiB each: a little more than 4 MiB
            await stream.WriteAsync(chunk);
        Assert.Contains(" 413 ", (await new StreamReader(stream).ReadLineAsync())!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task who_begins_to_send_and_stops_is_cut_and_may_go_on_later()
    {
        var location = await BeginUpload();
        var answer = Ask($"PATCH {location} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n0123456789");
        Assert.Contains(" 408 ", answer, StringComparison.Ordinal);
        Assert.Equal("0-9", (await Send("GET", location).Is(204)).Header("Range"));
    }

    [Fact]
    public async Task too_many_uploads_are_refused_until_one_ends()
    {
        var location = await BeginUpload();
        for (var i = 1; i < 500; i++)
            await BeginUpload();
        using var refused = await Send("POST", "/v2/a/b/blobs/uploads/").Is(429, "TOOMANYREQUESTS");
        Assert.NotNull(refused.Header("Retry-After"));
        await Send("DELETE", location).Is(204);
        await BeginUpload();
    }

    /// <summary>Every file that no request may touch, with its content.</summary>
    private List<(string, string)> Outside() =>
    [
        .. Directory.EnumerateFiles(Server[""], "*", SearchOption.AllDirectories).Order()
            .Where(file => !file.StartsWith(Server.Store.Repositories.Folder, StringComparison.Ordinal)
                && !file.StartsWith(Path.Combine(Server.Store.Root, "blobs"), StringComparison.Ordinal)
                && Path.GetFileName(file) != "index.json")
            .Select(file => (file, Path.GetExtension(file) == ".lock" ? "" : File.ReadAllText(file))),
    ];

    private string Ask(string request)
    {
        using var connection = new TcpClient();
        connection.Connect(IPAddress.Loopback, Server.Port);
        var stream = connection.GetStream();
        stream.ReadTimeout = 120_000;
        try
        {
            stream.Write(Encoding.UTF8.GetBytes(request));
        }
        catch (IOException)
        {
            // Answered, and closed, before all of it was heard.
        }
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (stream.Read(buffer) is var count and > 0)
                answer.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
        catch (IOException)
        {
            // Reset after the answer.
        }
        return answer.ToString();
    }
}
