using Manifold.Registry;
using System.Text;
using System.Text.Json.Nodes;

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
    public async Task the_file_of_containers_comes_first_and_dockers_is_asked_next()
    {
        environment["REGISTRY_AUTH_FILE"] = folder.Write("auth.json", $$"""{"auths": {"quay.io": {{Auth("podman")}} } }""");
        Docker($$"""{"auths": {"quay.io": {{Auth("docker")}}, "ghcr.io": {{Auth("docker")}} } }""");
        Assert.Equal("podman", (await FindAsync("quay.io", "x")).UserName);
        Assert.Equal("docker", (await FindAsync("ghcr.io", "x")).UserName);
    }

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
        Assert.Equal($"The credential helper 'docker-credential-desktop', which '{folder["docker/config.json"]}' names, is not installed. ", credential.Note);
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
        Docker("""{"HttpHeaders": {"X-Meta": "1"}, "auths": {"docker.io": {"auth": "eDp5"}, "a.io": {"auth": "eDp5"}}, "psFormat": "table"}""");
        await Credentials.From(environment).Writable.SaveAsync("docker.io", "joe", "p:w");

        var written = JsonNode.Parse(File.ReadAllText(folder["docker/config.json"]))!;
        Assert.Equal(["HttpHeaders", "auths", "psFormat"], written.AsObject().Select(pair => pair.Key));
        Assert.Equal(["a.io", "https://index.docker.io/v1/"], written["auths"]!.AsObject().Select(pair => pair.Key));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder["docker/config.json"]));
        Assert.Equal(("joe", "p:w"), await FindAsync("docker.io", "library/x") is var found ? (found.UserName, found.Password) : default);
        Assert.Single(Directory.EnumerateFiles(folder["docker"]));

        Assert.True(await Credentials.From(environment).Writable.RemoveAsync("docker.io"));
        Assert.True((await FindAsync("docker.io", "library/x")).IsAnonymous);
        Assert.False(await Credentials.From(environment).Writable.RemoveAsync("docker.io"));
    }

    [Fact]
    public async Task logging_in_writes_through_a_link()
    {
        folder.Write("elsewhere/config.json", "{}");
        Directory.CreateDirectory(folder["docker"]);
        File.CreateSymbolicLink(folder["docker/config.json"], folder["elsewhere/config.json"]);
        await Credentials.From(environment).Writable.SaveAsync("a.io", "joe", "p");
        Assert.NotNull(new FileInfo(folder["docker/config.json"]).LinkTarget);
        Assert.Contains("a.io", File.ReadAllText(folder["elsewhere/config.json"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task logging_in_hands_the_password_to_the_helper_and_not_to_the_file()
    {
        Helper("one", "");
        Docker("""{"credsStore": "one"}""");
        await Credentials.From(environment).Writable.SaveAsync("a.io", "joe", "p4ssw0rd");
        Assert.DoesNotContain("auth\"", File.ReadAllText(folder["docker/config.json"]), StringComparison.Ordinal);
        Assert.Equal("""store {"ServerURL":"a.io","Username":"joe","Secret":"p4ssw0rd"}""", File.ReadAllText(folder["asked"]).Trim());
    }

    private async Task<Credential> FindAsync(string registry, string repository) => await Credentials.From(environment).FindAsync(registry, repository);

    private void Docker(string json) => folder.Write("docker/config.json", json);

    private void Helper(string name, string answer, int exitCode = 0)
    {
        var path = folder.Write($"bin/docker-credential-{name}", $"#!/bin/sh\necho \"$1 $(cat)\" >> '{folder["asked"]}'\necho '{answer}'\nexit {exitCode}\n");
        File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }

    private static string Auth(string user) => $$"""{"auth": "{{Base64($"{user}:password")}}"}""";

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
