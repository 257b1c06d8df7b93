using System.Text;
using Manifold.Linux;
using Manifold.Server;

namespace Manifold.Tests.Server;

public sealed class LettingUsersIn : IDisposable
{
    // Both as htpasswd writes them for the password "b", and with a cost of 11 for "secret".
    private const string Bcrypt = "$2y$05$OnR.O1WBxVlB1xo3BAOni.lcYdiv9ZNTxN4ESBK.uUi..OfiVEtVu",
        ShaCrypt = "$6$Na/bBFBpDWvIslu4$AOAVX7GykMNT/HyhB/h4xDFWsvu95GSkVziOpGRxnTZyDAvo3U6ysr9Y9.iC4X.mQRiHGuO1zCsh5LEx4f/aQ/",
        Slow = "$2y$11$R6Y3vTAnSrCh4aDT7BROvOosxZ.fpazAyfEomOtOFtY/UEGRl2ydq";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task nobody_else_comes_in_whatever_they_ask_for()
    {
        await using var server = await Start($"alice:{Bcrypt}\n");
        foreach (var (method, path) in new[] { ("GET", "/v2/"), ("GET", "/v2/_catalog"),
            ("HEAD", "/v2/a/manifests/1"), ("POST", "/v2/a/blobs/uploads/"), ("GET", "/elsewhere"), ("GET", "/v2/NO/tags/list") })
        {
            using var answer = await server.Send(method, path).Is(401, method == "HEAD" ? null : "UNAUTHORIZED");
            Assert.StartsWith("Basic realm=", answer.Header("WWW-Authenticate"), StringComparison.Ordinal);
        }
        Assert.False(Directory.Exists(server.Store.Repositories.Folder));
    }

    [Theory]
    [InlineData("alice", "b", 200)]
    [InlineData("bob", "b", 200)]
    [InlineData("alice", "wrong", 401)]
    [InlineData("alice", "", 401)]
    [InlineData("alice", "b\0c", 401)] // C's strings end there
    [InlineData("mallory", "b", 401)]
    [InlineData("", "", 401)]
    public async Task users_come_in_with_their_password(string user, string password, int status)
    {
        await using var server = await Start($"# a comment\n\nalice:{Bcrypt}\r\nbob:{ShaCrypt}\n");
        await server.Send("GET", "/v2/", headers: Basic(user, password)).Is(status);
    }

    [Theory]
    [InlineData("Basic")]
    [InlineData("Basic !!!")]
    [InlineData("Basic YWxpY2U=")] // no colon
    [InlineData("Bearer YWxpY2U6Yg==")]
    public async Task credentials_that_are_malformed_are_none(string header)
    {
        await using var server = await Start($"alice:{Bcrypt}\n");
        await server.Send("GET", "/v2/", headers: ("Authorization", header)).Is(401);
    }

    [Fact]
    public async Task a_file_that_changes_is_read_again_and_one_that_is_broken_changes_nothing()
    {
        var time = new SteppedTime();
        await using var server = await Start($"alice:{Bcrypt}\n", time);
        await server.Send("GET", "/v2/", headers: Basic("alice", "b")).Is(200);
        folder.Write("users", "nonsense");
        time.Step(TimeSpan.FromSeconds(2));
        await server.Send("GET", "/v2/", headers: Basic("alice", "b")).Is(200);
        Assert.Contains("stays in use", Assert.Single(server.Warnings), StringComparison.Ordinal);
        folder.Write("users", $"bob:{ShaCrypt}\n");
        time.Step(TimeSpan.FromSeconds(2));
        await server.Send("GET", "/v2/", headers: Basic("bob", "b")).Is(200);
        await server.Send("GET", "/v2/", headers: Basic("alice", "b")).Is(401);
    }

    [Theory]
    [InlineData("alice\n", ":1: expected USER:HASH")]
    [InlineData("\nalice:$apr1$q1E52y/M$S1wYsdH5n0zOhZxvFgxnD/\n", ":2: the password of 'alice' is not stored in a secure format")]
    [InlineData("alice:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n", "not stored in a secure format")]
    [InlineData("alice:secret\n", "not stored in a secure format")]
    [InlineData("alice:$2y$05$cut\n", "not stored in a secure format")]
    [InlineData("# nobody\n", "no users")]
    public async Task a_file_that_would_let_in_nobody_or_anybody_is_refused_and_its_secrets_are_not_told(string content, string message)
    {
        var error = await Assert.ThrowsAsync<UsageException>(() => Start(content));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("htpasswd -B", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("S1wYsdH5", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_file_that_is_not_there_is_refused() =>
        await Assert.ThrowsAsync<UsageException>(
            () => RunningServer.StartAsync(options => options with { PasswordFile = folder["absent"] }));

    [Fact]
    public async Task a_push_of_many_requests_does_not_pay_for_a_slow_hash_with_each()
    {
        using var passwords = new PasswordFile(folder.Write("users", $"slow:{Slow}\n"), _ => { }, TimeProvider.System);
        Assert.True(await passwords.IsRightAsync("slow", "secret", default));
        var one = ProcessorTime.Of(() => Assert.True(PasswordHash.IsRight(Slow, "secret")));
        var thousand = ProcessorTime.Of(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                var asked = passwords.IsRightAsync("slow", "secret", default);
                Assert.True(asked.IsCompletedSuccessfully); // a hash would be computed elsewhere
                Assert.True(asked.Result);
            }
        });
        Assert.InRange(thousand, TimeSpan.Zero, one * 20);
        Assert.False(await passwords.IsRightAsync("slow", "Secret", default));
    }

    [Fact]
    public async Task a_user_who_does_not_exist_takes_as_long_as_a_wrong_password()
    {
        using var passwords = new PasswordFile(folder.Write("users", $"slow:{Slow}\n"), _ => { }, TimeProvider.System);
        async Task<TimeSpan> Time(string user)
        {
            var begin = TimeProvider.System.GetTimestamp();
            Assert.False(await passwords.IsRightAsync(user, "wrong", default));
            return TimeProvider.System.GetElapsedTime(begin);
        }
        await Time("slow");
        Assert.InRange(await Time("nobody"), TimeSpan.FromMilliseconds(20), TimeSpan.MaxValue); // a lookup alone takes microseconds
    }

    [Fact]
    public void a_password_is_proven_by_its_hash()
    {
        foreach (var hash in new[] { Bcrypt, ShaCrypt })
        {
            Assert.True(PasswordHash.IsRight(hash, "b"));
            Assert.False(PasswordHash.IsRight(hash, "c"));
        }
    }

    private Task<RunningServer> Start(string users, TimeProvider? time = null)
    {
        folder.Write("users", users);
        return RunningServer.StartAsync(options => options with { PasswordFile = folder["users"], Time = time ?? TimeProvider.System });
    }

    internal static (string, string) Basic(string user, string password) =>
        ("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
}
