using System.Collections.Immutable;
using System.Text;
using Manifold.Cli;
using Manifold.Oci;
using Manifold.Registry;
using Microsoft.AspNetCore.Http;

namespace Manifold.Tests.Registry;

/// <summary>
/// Commands that succeed and fail in all ways, with secrets of every kind; then everything that was said and kept is searched for them.
/// </summary>
public sealed class KeepingSecrets : WithARegistry
{
    private const string Password = "p4ssw0rd-never-shown", Token = "t0ken-never-shown", Identity = "identity-never-shown",
        Signature = "signature-never-shown", ProxyPassword = "pr0xy-never-shown", State = "secret-state";

    private readonly StringBuilder said = new();

    [Fact]
    public async Task no_credential_token_or_signed_address_is_said_or_kept()
    {
        await using var storage = await ScriptedRegistry.StartAsync();
        var image = await SampleImages.WriteIndexAsync(Store, "hello", "linux/amd64", "linux/arm64");
        var name = $"{Registry.Name}/app:1";
        Store.Tags.Set(ImageReference.Parse(name), image);
        Folder.Write("docker/config.json", $$"""
            {"auths": {"{{Registry.Name}}": {"auth": "{{Base64($"joe:{Password}")}}"}, "{{Registry.Name}}/identity": {"auth": "{{Base64("joe:")}}", "identitytoken": "{{Identity}}"} } }
            """);

        Registry.Fault = context => TokensAsync(context, storage);
        Assert.Equal(0, await RunAsync("push", name));
        Assert.Equal(0, await RunAsync("push", name, $"{Registry.Name}/identity/app:1"));
        Store.Tags.Remove(ImageReference.Parse(name));
        foreach (var blob in StoredBlobs())
            File.Delete(Path.Combine(Store.Root, "blobs", "sha256", blob));
        Assert.Equal(0, await RunAsync("pull", name));
        Folder.Write("src/Dockerfile", $"FROM {name}\nCOPY Dockerfile /\n");
        Assert.Equal(0, await RunAsync("build", "--verify", "off",
            "--progress", "json", "-t", $"{Registry.Name}/built:1", "--push", "--metadata-file", Folder["meta.json"], Folder["src"]));
        said.Append(await File.ReadAllTextAsync(Folder["meta.json"]));

        foreach (var status in new[] { 400, 401, 403, 404, 412, 413, 429, 500, 307 })
        {
            Registry.Fault = context => RepeatAsync(context, storage, status);
            Assert.NotEqual(0, await RunAsync("pull", $"{Registry.Name}/other:{status}"));
            Assert.NotEqual(0, await RunAsync("push", $"{Registry.Name}/built:1", $"{Registry.Name}/more:1"));
            Assert.NotEqual(0, await RunAsync("build",
                "--verify", "off", "--progress", "json", "-t", $"{Registry.Name}/built:2", "--push", Folder["src"]));
        }
        Registry.Fault = context => RepeatAsync(context, storage, 401);
        Assert.NotEqual(0, await RunAsync("login", Registry.Name, "-u", "joe", "--password-stdin"));
        Assert.NotEqual(0, await RunAsync("pull", "registry.example.invalid/app:1")); // through a proxy that is not there

        Assert.Contains("answered 403", said.ToString(), StringComparison.Ordinal); // something was said
        Search(said.ToString(), "what was said");
        foreach (var file in Directory.EnumerateFiles(Store.Root, "*", SearchOption.AllDirectories)
            .Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
            Search(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)), file);
    }

    private static void Search(string text, string where)
    {
        foreach (var secret in new[] { Password,
            Token, Identity, Signature, ProxyPassword, State, "X-Amz", Base64($"joe:{Password}"), Uri.EscapeDataString(Password) })
            Assert.False(text.Contains(secret, StringComparison.OrdinalIgnoreCase),
                $"'{secret}' is in {where}: {text[..Math.Min(4000, text.Length)]}");
    }

    /// <summary>Tokens for whoever knows a password; blobs come from signed addresses elsewhere.</summary>
    private async Task<bool> TokensAsync(HttpContext context, ScriptedRegistry storage)
    {
        var authorization = context.Request.Headers.Authorization.ToString();
        if (context.Request.Path == "/token")
        {
            var known = context.Request.Method == "POST"
                ? (await context.Request.ReadFormAsync())["refresh_token"] == Identity
                : authorization == $"Basic {Base64($"joe:{Password}")}";
            if (known)
                await context.Response.WriteAsJsonAsync(new { access_token = Token, refresh_token = Identity, expires_in = 300 });
            else
                await ScriptedRegistry.RefuseAsync(context, 401, "DENIED", $"not {authorization}");
            return true;
        }
        if (authorization != $"Bearer {Token}")
        {
            context.Response.Headers.WWWAuthenticate = $"Bearer realm=\"http://{Registry.Name}/token\",service=\"x\"";
            await ScriptedRegistry.RefuseAsync(context, 401, "UNAUTHORIZED");
            return true;
        }
        if (context.Request.Method != "GET" || !context.Request.Path.Value!.Contains("/blobs/sha256:"))
            return false;
        var digest = Digest.Parse(context.Request.Path.Value.Split('/')[^1]);
        storage.Fault = async stored =>
        {
            await stored.Response.Body.WriteAsync(Registry.Blobs[Digest.Parse(stored.Request.Path.Value!.Split('/')[^1])]);
            return true;
        };
        context.Response.StatusCode = 307;
        context.Response.Headers.Location = $"http://{storage.Name}/bucket/{digest}?X-Amz-Signature={Signature}";
        return true;
    }

    /// <summary>A registry that repeats what it was told in confidence, and names signed addresses, which answer likewise.</summary>
    private async Task<bool> RepeatAsync(HttpContext context, ScriptedRegistry storage, int status)
    {
        if (await TokensAsync(context, storage) && context.Response.StatusCode != 307)
            return true;
        storage.Fault = async stored =>
        {
            await ScriptedRegistry.RefuseAsync(stored, 403, "EXPIRED", $"http://me{stored.Request.Path}{stored.Request.QueryString}");
            return true;
        };
        context.Response.Headers.Location = $"http://{storage.Name}/bucket?X-Amz-Signature={Signature}";
        context.Response.Headers.RetryAfter = "0";
        await ScriptedRegistry.RefuseAsync(context, status, "DENIED",
            $"you sent {context.Request.Headers.Authorization} of {Password} to https://s3.example/x?X-Amz-Signature={Signature}");
        return true;
    }

    private async Task<int> RunAsync(params string[] arguments)
    {
        using StringWriter output = new(), error = new();
        var context = new CliContext
        {
            Environment = ImmutableSortedDictionary<string, string>.Empty
                .Add("MANIFOLD_ROOT", Store.Root).Add("DOCKER_CONFIG", Folder["docker"]).Add("HOME", Folder["home"]).Add("PATH",
                    "/usr/bin:/bin")
                .Add("HTTPS_PROXY", $"http://joe:{ProxyPassword}@127.0.0.1:1"),
            In = new StringReader(Password),
            Out = output,
            Error = error,
            Time = new Impatient(),
            Interactive = false,
        };
        var code = await CommandTree.RunAsync(context, arguments);
        said.AppendLine(string.Join(' ', arguments)).Append(output).Append(error);
        return code;
    }

    /// <summary>Waits between tries end at once; a registry may answer as late as ever.</summary>
    private sealed class Impatient : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state,
                dueTime > TimeSpan.Zero && dueTime < new RegistryOptions().StallTimeout ? TimeSpan.FromMilliseconds(1) : dueTime, period);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
