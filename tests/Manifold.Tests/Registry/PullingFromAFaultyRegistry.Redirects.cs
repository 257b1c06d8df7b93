using Manifold.Registry;

namespace Manifold.Tests.Registry;

/// <summary>The registry redirects to a storage that refuses, or to nowhere.</summary>
public sealed partial class PullingFromAFaultyRegistry
{
    [Theory]
    [InlineData("http://[")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://example/")]
    public async Task a_redirect_to_nowhere_is_refused(string location)
    {
        Registry.Fault = Answer(times: int.MaxValue, 307, response => response.Headers.Location = location);
        await Assert.ThrowsAsync<RegistryException>(() => Client().GetManifestAsync(Registry.Reference("app:1")));
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task a_storage_that_refuses_is_named_with_its_port_and_no_login_is_asked_for(int status)
    {
        await using var storage = await ScriptedRegistry.StartAsync();
        storage.Fault = async context =>
        {
            await ScriptedRegistry.RefuseAsync(context, status, "AccessDenied", "Access Denied");
            return true;
        };
        var blob = Registry.AddBlob("app", Noise(100));
        Registry.Fault = context =>
        {
            context.Response.Redirect($"http://{storage.Name}/bucket/object");
            return Task.FromResult(true);
        };
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => PullAsync("app", blob));
        Assert.Contains($"'{storage.Name}' answered {status} (AccessDenied: Access Denied)", refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"The registry '{Registry.Name}' redirects to this host", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("manifold login", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(403, true)]
    [InlineData(404, true)]
    [InlineData(405, true)]
    [InlineData(410, true)]
    [InlineData(501, true)]
    [InlineData(400, false)]
    [InlineData(401, false)]
    [InlineData(407, false)]
    [InlineData(451, false)]
    public async Task what_a_storage_refuses_is_absent_only_where_the_answer_can_mean_that(int status, bool isAbsent)
    {
        await using var storage = await ScriptedRegistry.StartAsync();
        storage.Fault = async context =>
        {
            await ScriptedRegistry.RefuseAsync(context, status, "Refused");
            return true;
        };
        foreach (var content in new[] { Noise(100), [] }) // an empty blob is asked for with HEAD first
        {
            var blob = Registry.AddBlob("app", content);
            Registry.Fault = context =>
            {
                context.Response.Redirect($"http://{storage.Name}/bucket/object");
                return Task.FromResult(true);
            };
            if (isAbsent)
                Assert.Null(await Client().SizeForPullAsync(Registry.Reference("app"), blob, CancellationToken.None));
            else
                Assert.Equal(status, (int)(await Assert.ThrowsAsync<RegistryException>(() =>
                    Client().SizeForPullAsync(Registry.Reference("app"), blob, CancellationToken.None))).Status!);
        }
    }

    [Fact]
    public async Task a_ring_of_redirects_ends()
    {
        Registry.Fault = Answer(times: int.MaxValue, 307, response => response.Headers.Location = "/v2/app/manifests/1");
        var refusal = await Assert.ThrowsAsync<RegistryException>(() => Client().GetManifestAsync(Registry.Reference("app:1")));
        Assert.Contains("redirects more than 5 times", refusal.Message, StringComparison.Ordinal);
    }
}
