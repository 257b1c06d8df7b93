using System.Text;
using System.Text.Json.Nodes;
using Manifold.Registry;

namespace Manifold.Tests.Registry;

public sealed class FindingCredentials : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Dictionary<string, string> environment;

    public FindingCredentials() =>
        environment = new() { ["HOME"] = folder["home"], ["PATH"] = folder["bin"], ["DOCKER_CONFIG"] = folder["docker"] };

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("quay.io", "acme/app/deep", "path")]
    [InlineData("quay.io", "acme/other", "folder")]
    [InlineData("quay.io", "acmes/app", "host")]
    [InlineData("quay.io:443", "acme/app", null)]
    [InlineData("docker.io", "library/debian", "hub")]
    [InlineData("localhost:5000", "x", "scheme")]
    public async Task the_longest_path_wins(string registry, string repository, string? user)
    {
        Docker($$"""
            {"auths": {"quay.io": {{Auth("host")}}, "quay.io/acme": {{Auth("folder")}}, "quay.io/acme/app": {{Auth("path")}},
                       "https://index.docker.io/v1/": {{Auth("hub")}}, "http://localhost:5000/v2/": {{Auth("scheme")}} } }
            """);
        Assert.Equal(user, (await FindAsync(registry, repository)).UserName);
    }

    [Fact]
    public async Task files_are_asked_in_the_order_of_podman_and_the_first_that_knows_the_registry_wins()
    {
        environment["XDG_RUNTIME_DIR"] = folder["run"];
        environment["XDG_CONFIG_HOME"] = folder["xdg"];
        Docker($$"""{"auths": {"1.io": {{Auth("docker")}}, "2.io": {{Auth("docker")}}, "3.io": {{Auth("docker")}} } }""");
        folder.Write("xdg/containers/auth.json", $$"""{"auths": {"1.io": {{Auth("config")}}, "2.io": {{Auth("config")}} } }""");
        folder.Write("run/containers/auth.json", $$"""{"auths": {"1.io": {{Auth("runtime")}} } }""");
        folder.Write("home/.dockercfg", $$"""{"1.io": {{Auth("legacy")}}, "https://4.io/v1/": {{Auth("legacy")}} }""");
        Assert.Equal(["runtime", "config", "docker", "legacy"],
            await Task.WhenAll(new[] { "1.io", "2.io", "3.io", "4.io" }.Select(async name => (await FindAsync(name, "x")).UserName!)));
    }

    [Fact]
    public async Task a_file_that_is_named_is_asked_alone()
    {
        Docker($$"""{"auths": {"quay.io": {{Auth("docker")}}, "ghcr.io": {{Auth("docker")}} } }""");
        environment["REGISTRY_AUTH_FILE"] = folder.Write("auth.json", $$"""{"auths": {"quay.io": {{Auth("variable")}} } }""");
        Assert.Equal("variable", (await FindAsync("quay.io", "x")).UserName);
        Assert.True((await FindAsync("ghcr.io", "x")).IsAnonymous);
        var named = folder.Write("named.json", $$"""{"auths": {"quay.io": {{Auth("named")}} } }""");
        Assert.Equal("named", (await Credentials.From(environment, named).FindAsync("quay.io", "x")).UserName);
    }

    [Theory]
    [InlineData(".dockerconfigjson", true)]
    [InlineData("config.json", true)]
    [InlineData(".dockercfg", false)]
    public async Task a_mounted_kubernetes_secret_is_a_folder(string name, bool wrapped)
    {
        folder.Write($"secret/{name}", Wrapped(wrapped));
        Assert.Equal("robot", (await Credentials.From(environment, folder["secret"]).FindAsync("quay.io", "acme/app")).UserName);
    }

    [Fact]
    public async Task a_folder_without_credentials_is_told()
    {
        folder.Write("secret/other", "");
        await Task.CompletedTask;
        var usage = Assert.Throws<UsageException>(() => Credentials.From(environment, folder["secret"]));
        Assert.Contains("none of .dockerconfigjson, config.json", usage.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"kind\": \"Secret\", \"data\": {\"KEY\": \"VALUE\"}}")]
    [InlineData("apiVersion: v1\ndata:\n  KEY: VALUE\nkind: Secret\nmetadata:\n  name: pull\n")]
    public async Task the_manifest_of_a_kubernetes_secret_is_read_as_kubectl_prints_it(string manifest)
    {
        foreach (var (key, wrapped) in new[] { (".dockerconfigjson", true), (".dockercfg", false) })
        {
            var file = folder.Write("secret.yaml", manifest.Replace("KEY", key).Replace("VALUE", Base64(Wrapped(wrapped))));
            Assert.Equal("robot", (await Credentials.From(environment, file).FindAsync("quay.io", "acme/app")).UserName);
        }
        var content = File.ReadAllText(folder["secret.yaml"]);
        await Assert.ThrowsAsync<UsageException>(() => Credentials.From(environment, folder["secret.yaml"]).SaveAsync("quay.io", "u", "p"));
        Assert.Equal(content, File.ReadAllText(folder["secret.yaml"]));
    }

    [Fact]
    public async Task logging_in_changes_the_file_that_would_win()
    {
        folder.Write("home/.config/containers/auth.json", $$"""{"auths": {"quay.io": {{Auth("old")}} } }""");
        Docker("{}");
        Assert.Equal(folder["home/.config/containers/auth.json"], await Credentials.From(environment).SaveAsync("quay.io", "new", "p"));
        Assert.Equal(folder["docker/config.json"], await Credentials.From(environment).SaveAsync("ghcr.io", "new", "p"));
        Assert.Equal("new", (await FindAsync("quay.io", "x")).UserName);
        Assert.Equal("new", (await FindAsync("ghcr.io", "x")).UserName);
    }

    private static string Wrapped(bool wrapped) =>
        wrapped ? $$"""{"auths": {"quay.io": {{Auth("robot")}} } }""" : $$"""{"quay.io": {{Auth("robot")}} }""";

    [Fact]
    public async Task what_podman_keeps_at_its_usual_place_is_found()
    {
        folder.Write("home/.config/containers/auth.json", $$"""{"auths": {"docker.io": {{Auth("podman")}} } }""");
        Assert.Equal("podman", (await FindAsync("docker.io", "library/debian")).UserName);
    }

    [Fact]
    public async Task a_helper_is_asked_for_its_registry_and_the_store_for_all_others()
    {
        Helper("one", """{"ServerURL":"quay.io","Username":"of one","Secret":"s"}""");
        Helper("two", """{"ServerURL":"x","Username":"<token>","Secret":"s"}""");
        Docker("""{"credHelpers": {"quay.io": "one"}, "credsStore": "two", "auths": {"ghcr.io": {}}}""");
        Assert.Equal("of one", (await FindAsync("quay.io", "x")).UserName);
        Assert.Equal("s", (await FindAsync("ghcr.io", "x")).IdentityToken);
        await FindAsync("docker.io", "library/x");
        Assert.Equal(["get quay.io", "get ghcr.io", "get https://index.docker.io/v1/"], File.ReadAllLines(folder["asked"]));
    }

    [Fact]
    public async Task a_helper_that_is_not_installed_is_nobody_with_a_note()
    {
        Docker("""{"credsStore": "desktop"}""");
        var credential = await FindAsync("ghcr.io", "x");
        Assert.True(credential.IsAnonymous);
        Assert.Equal($"The credential helper 'docker-credential-desktop', set in '{folder["docker/config.json"]}', is not installed. ",
            credential.Note);
    }

    [Fact]
    public async Task a_helper_that_knows_nothing_is_nobody_without_a_note()
    {
        Helper("one", "credentials not found in native keychain", exitCode: 1);
        Docker("""{"credsStore": "one"}""");
        Assert.Equal(Credential.Anonymous, await FindAsync("ghcr.io", "x"));
    }

    [Fact]
    public async Task a_helper_with_a_folder_in_its_name_is_not_run()
    {
        Helper("one", """{"Username":"u","Secret":"s"}""");
        Docker("""{"credsStore": "x/../../bin/docker-credential-one"}""");
        Assert.True((await FindAsync("ghcr.io", "x")).IsAnonymous);
        Assert.False(File.Exists(folder["asked"]));
    }

    [Fact]
    public async Task tokens_are_read()
    {
        Docker($$"""{"auths": {"a.io": {"auth": "{{Base64("u:")}}", "identitytoken": "idt"}, "b.io": {"registrytoken": "rt"} } }""");
        Assert.Equal("idt", (await FindAsync("a.io", "x")).IdentityToken);
        Assert.Equal("rt", (await FindAsync("b.io", "x")).RegistryToken);
    }

    [Theory]
    [InlineData("{\"auths\": {\"a.io\": {\"auth\": \"c2VjcmV0\"}}}")]
    [InlineData("{\"auths\": {\"a.io\": {\"auth\": \"s3cret!!\"}}}")]
    [InlineData("{\"auths\":\n s3cret")]
    [InlineData("[\"s3cret\"]")]
    [InlineData("{\"auths\": {}, \"auths\": {}}")]
    public async Task a_damaged_file_is_named_and_not_quoted(string content)
    {
        Docker(content);
        var usage = await Assert.ThrowsAsync<UsageException>(() => FindAsync("a.io", "x"));
        Assert.StartsWith($"Reading credentials from '{folder["docker/config.json"]}': ", usage.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", usage.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task logging_in_keeps_what_else_is_in_the_file_and_opens_it_to_nobody()
    {
        Docker(
            """{"HttpHeaders": {"X-Meta": "1"}, "auths": {"docker.io": {"auth": "eDp5"}, "a.io": {"auth": "eDp5"}}, "psFormat": "table"}""");
        await Credentials.From(environment).SaveAsync("docker.io", "joe", "p:w");

        var written = JsonNode.Parse(File.ReadAllText(folder["docker/config.json"]))!;
        Assert.Equal(["HttpHeaders", "auths", "psFormat"], written.AsObject().Select(pair => pair.Key));
        Assert.Equal(["a.io", "https://index.docker.io/v1/"], written["auths"]!.AsObject().Select(pair => pair.Key));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder["docker/config.json"]));
        Assert.Equal(("joe", "p:w"), await FindAsync("docker.io", "library/x") is var found ? (found.UserName, found.Password) : default);
        Assert.Single(Directory.EnumerateFiles(folder["docker"]));

        Assert.Equal([folder["docker/config.json"]], await Credentials.From(environment).RemoveAsync("docker.io"));
        Assert.True((await FindAsync("docker.io", "library/x")).IsAnonymous);
        Assert.Empty(await Credentials.From(environment).RemoveAsync("docker.io"));
    }

    [Fact]
    public async Task logging_in_writes_through_a_link()
    {
        folder.Write("elsewhere/config.json", "{}");
        Directory.CreateDirectory(folder["docker"]);
        File.CreateSymbolicLink(folder["docker/config.json"], folder["elsewhere/config.json"]);
        await Credentials.From(environment).SaveAsync("a.io", "joe", "p");
        Assert.NotNull(new FileInfo(folder["docker/config.json"]).LinkTarget);
        Assert.Contains("a.io", File.ReadAllText(folder["elsewhere/config.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task logging_in_hands_the_password_to_the_helper_and_not_to_the_file()
    {
        Helper("one", "");
        Docker("""{"credsStore": "one"}""");
        await Credentials.From(environment).SaveAsync("a.io", "joe", "p4ssw0rd");
        Assert.DoesNotContain("auth\"", File.ReadAllText(folder["docker/config.json"]), StringComparison.Ordinal);
        Assert.Equal("""store {"ServerURL":"a.io","Username":"joe","Secret":"p4ssw0rd"}""", File.ReadAllText(folder["asked"]).Trim());
    }

    private async Task<Credential> FindAsync(string registry, string repository) =>
        await Credentials.From(environment).FindAsync(registry, repository);

    private void Docker(string json) => folder.Write("docker/config.json", json);

    private void Helper(string name, string answer, int exitCode = 0)
    {
        var path = folder.Write($"bin/docker-credential-{name}",
            $"#!/bin/sh\necho \"$1 $(cat)\" >> '{folder["asked"]}'\necho '{answer}'\nexit {exitCode}\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }

    private static string Auth(string user) => $$"""{"auth": "{{Base64($"{user}:password")}}"}""";

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
