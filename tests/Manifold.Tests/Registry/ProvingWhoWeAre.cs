using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Manifold.Oci;
using Manifold.Registry;
using Microsoft.AspNetCore.Http;

namespace Manifold.Tests.Registry;

/// <summary>Against a registry that asks for tokens, and issues them itself under <c>/token</c>.</summary>
public sealed class ProvingWhoWeAre : WithARegistry
{
    private const string Password = "hunter2-is-secret";
    private readonly HashSet<string> valid = [];
    private readonly List<string> issued = [];
    private int lifetime = 300;
    private int usesOfEachToken = int.MaxValue;

    [Fact]
    public async Task an_anonymous_pull_gets_a_token_without_a_name()
    {
        Script();
        Registry.AddImage("app", "1", Noise(100));
        Assert.NotNull(await Client().GetManifestAsync(Registry.Reference("app:1")));
        var token = Assert.Single(Registry.Requests, request => request.Path == "/token");
        Assert.Equal("?service=the%20registry&scope=repository%3Aapp%3Apull", token.Query);
        Assert.Null(token.Authorization);
    }

    [Fact]
    public async Task a_token_serves_all_requests_of_its_scope()
    {
        Script();
        LogIn();
        var index = await SampleImages.WriteIndexAsync(Store, "x", "linux/amd64", "linux/arm64", "linux/riscv64");
        await Client().PushAsync(Store, index, Registry.Reference("app:1"));
        Assert.Equal(["repository:app:pull,push"], issued);
    }

    [Fact]
    public async Task many_who_begin_at_once_share_one_token()
    {
        Script();
        var client = Client();
        var blobs =
            await Task.WhenAll(Enumerable.Range(0, 30).Select(n => client.HasBlobAsync(Registry.Reference("app"), Digest.Of($"{n}"))));
        Assert.All(blobs, Assert.False);
        Assert.Single(issued);
    }

    [Fact]
    public async Task a_token_that_expires_in_the_middle_of_a_push_is_renewed()
    {
        usesOfEachToken = 3;
        Script();
        LogIn();
        var blob = await Store.WriteAsync(Noise(2_000_000), MediaType.LayerGzip);
        Assert.Equal(BlobPush.Uploaded, await Client().PushBlobAsync(Registry.Reference("app"), blob, new BlobSource(Store, [])));
        Assert.Equal(Registry.Blobs[blob.Digest].Length, blob.Size);
        Assert.InRange(issued.Count, 3, 6);
    }

    [Fact]
    public async Task a_token_is_not_sent_after_its_time()
    {
        lifetime = 100;
        Script();
        var clock = new SteppedClock();
        Options = Options with { Time = clock };
        var client = Client();
        await client.HasBlobAsync(Registry.Reference("app"), Digest.Of("a"));
        clock.Step(TimeSpan.FromSeconds(80));
        await client.HasBlobAsync(Registry.Reference("app"), Digest.Of("a"));
        Assert.Single(issued);
        clock.Step(TimeSpan.FromSeconds(20));
        await client.HasBlobAsync(Registry.Reference("app"), Digest.Of("a"));
        Assert.Equal(2, issued.Count);
        // Once at the very begin; afterwards the old token is replaced before anybody refuses it.
        Assert.Single(Registry.Requests, request => request.Path != "/token" && request.Authorization is null);
    }

    [Fact]
    public async Task mounting_asks_for_the_right_to_read_the_other_repository()
    {
        Script();
        LogIn();
        var blob = Registry.AddBlob("base", Noise(100));
        await Client().PushBlobAsync(Registry.Reference("app"), blob, new BlobSource(Store, [Registry.Reference("base")]));
        Assert.Contains("repository:app:pull,push repository:base:pull", issued);
    }

    [Fact]
    public async Task a_token_is_for_its_own_repository_alone_whatever_was_asked_for_before()
    {
        Registry.Fault = async context =>
        {
            if (context.Request.Path == "/token")
            {
                await IssueAsync(context);
                return true;
            }
            lock (valid)
            {
                if (valid.Contains(context.Request.Headers.Authorization.ToString()))
                    return false;
            }
            var repository = context.Request.Path.Value!.Split('/')[2];
            context.Response.Headers.WWWAuthenticate =
                $"Bearer realm=\"http://{Registry.Name}/token\",scope=\"repository:{repository}:pull\"";
            await ScriptedRegistry.RefuseAsync(context, 401, "UNAUTHORIZED");
            return true;
        };
        var client = Client();
        await client.HasBlobAsync(Registry.Reference("private"), Digest.Of("a"));
        await client.HasBlobAsync(Registry.Reference("other"), Digest.Of("a"));
        Assert.Equal(["repository:private:pull", "repository:other:pull"], issued);
    }

    [Fact]
    public async Task a_login_that_lacks_the_right_is_told_apart_from_a_wrong_one()
    {
        Script();
        LogIn();
        var scripted = Registry.Fault!;
        Registry.Fault = async context =>
        {
            if (await scripted(context))
                return true;
            context.Response.Headers.WWWAuthenticate =
                $"Bearer realm=\"http://{Registry.Name}/token\",scope=\"repository:app:pull,push\",error=\"insufficient_scope\"";
            await ScriptedRegistry.RefuseAsync(context, 401, "UNAUTHORIZED", "authentication required");
            return true;
        };
        var (refusal, _) = await Client().BeginProbeAsync(Registry.Reference("app"), TestContext.Current.CancellationToken);
        Assert.Contains("The login is valid, but the token service", refusal!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_identity_token_is_exchanged_by_post()
    {
        Script();
        Options = Options with { Credentials = (_, _, _) => ValueTask.FromResult(new Credential { IdentityToken = Password }) };
        await Client().HasBlobAsync(Registry.Reference("app"), Digest.Of("a"));
        var token = Assert.Single(Registry.Requests, request => request.Path == "/token");
        Assert.Equal(("POST", ""), (token.Method, token.Query));
    }

    [Fact]
    public async Task a_wrong_password_says_how_to_log_in_again()
    {
        Script();
        LogIn("not-it-at-all");
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => Client().HasBlobAsync(Registry.Reference("app"), Digest.Of("a")));
        Assert.Equal(HttpStatusCode.Unauthorized, refusal.Status);
        Assert.Equal(
            $"look up {Registry.Name}/app, blob {Digest.Of("a").Short}: the registry answered 401 (DENIED: "
                + $"wrong password). The user 'joe' was not accepted. Log in again with: manifold login {Registry.Name}", refusal.Message);
    }

    [Fact]
    public async Task nobody_who_is_refused_is_told_how_to_log_in()
    {
        Registry.Fault = async context =>
        {
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"here\"";
            await ScriptedRegistry.RefuseAsync(context, 401, "UNAUTHORIZED", "authentication required");
            return true;
        };
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => Client().GetManifestAsync(Registry.Reference("app:1")));
        Assert.Equal(
            $"pull {Registry.Name}/app:1: the registry answered 401 (UNAUTHORIZED: authentication required). "
                + $"Log in with: manifold login {Registry.Name}", refusal.Message);
        Assert.Single(Registry.Requests);
    }

    [Fact]
    public async Task what_authorizes_never_follows_a_redirect_to_another_host()
    {
        await using var storage = await ScriptedRegistry.StartAsync();
        var content = Noise(300_000);
        var blob = Registry.AddBlob("app", content);
        storage.Fault = async context =>
        {
            await context.Response.Body.WriteAsync(content);
            return true;
        };
        Script();
        LogIn();
        var scripted = Registry.Fault!;
        Registry.Fault = async context =>
        {
            if (await scripted(context))
                return true;
            context.Response.Redirect($"http://{storage.Name}/bucket?X-Amz-Signature=s3cr3t");
            context.Response.StatusCode = 307;
            return true;
        };
        await PullAsync("app", blob);
        Assert.Null(Assert.Single(storage.Requests).Authorization);
        Assert.Contains(Registry.Requests, request => request.Authorization?.StartsWith("Bearer ", StringComparison.Ordinal) is true);
    }

    [Fact]
    public async Task no_secret_is_in_any_message()
    {
        LogIn();
        var storage = await ScriptedRegistry.StartAsync();
        var messages = new StringBuilder();
        foreach (var status in new[] { 400, 401, 403, 413, 429, 500, 307 })
        {
            Script();
            var scripted = Registry.Fault!;
            Registry.Fault = async context =>
            {
                if (await scripted(context))
                    return true;
                // A registry that repeats what it was told, and names signed addresses.
                context.Response.Headers.Location = $"http://{storage.Name}/bucket?X-Amz-Signature={Password}";
                await ScriptedRegistry.RefuseAsync(context, status, "DENIED",
                    $"you sent {context.Request.Headers.Authorization} of {Password} to https://s3.example/x?sig={Password}");
                return true;
            };
            storage.Fault = async context =>
            {
                await ScriptedRegistry.RefuseAsync(context,
                    403, "EXPIRED", $"http://me/{context.Request.Path}{context.Request.QueryString}");
                return true;
            };
            var refusal = await Assert.ThrowsAsync<RegistryException>(() => Client().GetManifestAsync(Registry.Reference("app:1")));
            messages.AppendLine(refusal.ToString());
        }
        await storage.DisposeAsync();
        messages.AppendLine(
            (await Assert.ThrowsAsync<RegistryException>(() => Client().GetManifestAsync(Registry.Reference("app:1")))).ToString());

        var text = messages.ToString();
        Assert.DoesNotContain(Password, text, StringComparison.Ordinal);
        Assert.DoesNotContain("token-", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes($"joe:{Password}")), text, StringComparison.Ordinal);
        Assert.DoesNotContain("Signature", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, new Credential { UserName = "joe", Password = Password }.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Bearer realm=\"https://auth.example/token\",service=\"a \\\"b\\\"\",scope=\"repository:x:pull,push\"",
        "https://auth.example/token", "a \"b\"", "repository:x:pull,push")]
    [InlineData("bearer realm=\"https://auth.example/token\" , service=plain", "https://auth.example/token", "plain", null)]
    [InlineData("Basic realm=\"x\", Bearer realm=\"https://auth.example/\"", "https://auth.example/", null, null)]
    public void challenges_are_read_as_registries_write_them(string header, string realm, string? service, string? scope)
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", header);
        var challenge = Challenge.Choose(response.Headers)!;
        Assert.Equal((true, realm, service, scope), (challenge.IsBearer, challenge.Realm, challenge.Service, challenge.Scope));
    }

    private void LogIn(string password = Password) =>
        Options =
            Options with { Credentials = (_, _, _) => ValueTask.FromResult(new Credential { UserName = "joe", Password = password }) };

    private void Script()
    {
        var uses = new Dictionary<string, int>();
        Registry.Fault = async context =>
        {
            if (context.Request.Path == "/token")
            {
                await IssueAsync(context);
                return true;
            }
            lock (valid)
            {
                var token = context.Request.Headers.Authorization.ToString();
                if (valid.Contains(token) && (uses[token] = uses.GetValueOrDefault(token) + 1) <= usesOfEachToken)
                    return false;
            }
            context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"http://{Registry.Name}/token\",service=\"the registry\"";
            await ScriptedRegistry.RefuseAsync(context, 401, "UNAUTHORIZED");
            return true;
        };
    }

    private async Task IssueAsync(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (header.Length > 0
            && Encoding.UTF8.GetString(Convert.FromBase64String(AuthenticationHeaderValue.Parse(header).Parameter!)) != $"joe:{Password}")
        {
            await ScriptedRegistry.RefuseAsync(context, 401, "DENIED", "wrong password");
            return;
        }
        if (context.Request.Method == "POST")
        {
            var form = await context.Request.ReadFormAsync();
            Assert.Equal(("refresh_token", Password, "repository:app:pull"),
                ((string?)form["grant_type"], (string?)form["refresh_token"], (string?)form["scope"]));
        }
        string token;
        lock (valid)
        {
            issued.Add(string.Join(' ', context.Request.Query["scope"].ToArray()));
            token = $"token-{issued.Count}";
            valid.Add($"Bearer {token}");
        }
        await context.Response.WriteAsJsonAsync(new { access_token = token, expires_in = lifetime });
    }

    private sealed class SteppedClock : TimeProvider
    {
        private DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public void Step(TimeSpan by) => now += by;

        public override DateTimeOffset GetUtcNow() => now;
    }
}
