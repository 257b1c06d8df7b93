using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using Manifold.Registry;

namespace Manifold.Tests.Registry;

/// <summary>The table of quirks: each row has the answer that users see, and what they are told instead.</summary>
public sealed class TranslatingAnswers
{
    // host, pushes, status, body as the registry sends it, the vendor of the row, words of the cause, words of the next command
    public static TheoryData<string, bool, int, string, string, string, string> Answers => new()
    {
        { "quay.io", true, 400, Error("MANIFEST_INVALID", "manifest invalid", "{\"message\":\"failed to parse manifest: "
            + "'application/vnd.docker.distribution.manifest.v2+json' is not one of\"}"), "Quay",
            "every manifest that it does not accept", "--format docker" },
        { "quay.io", true, 401, Error("UNAUTHORIZED", "access to the requested resource is not authorized"), "Quay",
            "the repository does not exist", "https://quay.io/new/" },
        { "quay.io", false, 401, Error("UNAUTHORIZED", "access to the requested resource is not authorized"), "Quay",
            "private repositories", "manifold login quay.io" },
        { "123456789012.dkr.ecr.eu-west-1.amazonaws.com", true, 404, Error("NAME_UNKNOWN", "The repository with name 'acme/app' does not "
            + "exist in the registry with id '123456789012'"), "Amazon ECR", "does not create repositories",
            "aws ecr create-repository --repository-name acme/app" },
        { "123456789012.dkr.ecr.eu-west-1.amazonaws.com", true, 400,
            Error("TAG_INVALID",
                "The image tag '1' already exists in the 'acme/app' repository and cannot be overwritten because the tag is immutable."),
            "Amazon ECR", "immutable tags", "aws ecr put-image-tag-mutability --repository-name acme/app" },
        { "123456789012.dkr.ecr.eu-west-1.amazonaws.com", true, 403, Error("DENIED", "Your authorization token has expired. "
            + "Reauthenticate and try again."), "Amazon ECR", "expire after twelve hours",
            "aws ecr get-login-password | manifold login 123456789012.dkr.ecr.eu-west-1.amazonaws.com" },
        { "123456789012.dkr.ecr.eu-west-1.amazonaws.com", false, 401, "Not Authorized\n", "Amazon ECR", "requires the user AWS",
            "aws ecr get-login-password" },
        { "registry.example.com", true, 400, Error("MANIFEST_BLOB_UNKNOWN", "blob unknown to registry",
            "\"sha256:e7c96db7181be991f19a9fb6975cdbbd73c65f4a2681348e63a141a2192a5f10\""), "GitLab, distribution", "lost or deleted",
                "Push again" },
        { "registry.gitlab.com", true, 403, Error("DENIED", "requested access to the resource is denied"), "GitLab",
            "begins with the project's path", "manifold login registry.gitlab.com" },
        { "ghcr.io", true, 403, Error("DENIED", "permission_denied: write_package"), "GitHub", "no permission to write it",
            "https://github.com/orgs/acme/packages/container/app/settings" },
        { "ghcr.io", true, 403, Error("DENIED", "installation not allowed to Create organization package"), "GitHub",
            "not allowed to create packages", "permissions: packages: write" },
        { "ghcr.io", true, 403, Error("DENIED", "permission_denied: The token provided does not match expected scopes."),
            "GitHub", "classic personal access token", "https://github.com/settings/tokens" },
        { "harbor.example.com", true, 412, Error("PRECONDITION", "Failed to process request due to 'app:1' configured as immutable."),
            "Harbor", "rule of the Harbor project", "Push another tag" },
        { "harbor.example.com", true, 403, Error("DENIED", "Quota exceeded when processing the request of adding 1.3 MiB of storage "
            + "resource, which when updated to current usage of 99.9 MiB will exceed the configured upper limit of 100.0 MiB."),
            "Harbor", "its quota", "garbage collection" },
        { "harbor.example.com", true, 404, Error("NOT_FOUND", "project acme not found"), "Harbor", "but not projects",
            "https://harbor.example.com/harbor/projects" },
        { "docker.io", false, 429, Error("TOOMANYREQUESTS", "You have reached your unauthenticated pull rate limit. "
            + "https://www.docker.com/increase-rate-limit"), "Docker Hub", "limits pulls", "manifold login docker.io" },
        { "docker.io", true, 401, Error("UNAUTHORIZED", "authentication required", "[{\"Type\":\"repository\",\"Action\":\"push\"}]"),
            "Docker Hub", "not allowed to write to this name", "Check that 'acme' is your account" },
        { "docker.io", false, 401, Error("UNAUTHORIZED", "authentication required"), "Docker Hub", "also returns this",
            "Check the name 'acme/app'" },
        { "europe-west1-docker.pkg.dev", true, 404, Error("NAME_UNKNOWN", "Repository \"app\" not found"), "Google Artifact Registry",
            "does not create repositories", "gcloud artifacts repositories create" },
        { "europe-west1-docker.pkg.dev", true, 400,
            Error("NAME_INVALID", "Missing image name. Pushes should be of the form docker push HOST-NAME/PROJECT-ID/REPOSITORY/IMAGE"),
            "Google Artifact Registry", "three parts", "europe-west1-docker.pkg.dev/acme/app/app" },
        { "europe-west1-docker.pkg.dev", true, 403, Error("DENIED", "Permission \"artifactregistry.repositories.uploadArtifacts\" denied "
            + "on resource \"projects/acme/locations/europe-west1/repositories/app\" (or it may not exist)"), "Google Artifact Registry",
            "no write permission, or", "gcloud auth print-access-token" },
        { "acme.azurecr.io", true,
            403, Error("DENIED", "client with IP '192.0.2.7' is not allowed access. Refer https://aka.ms/acr/firewall to grant access."),
            "Azure", "firewall", "az acr network-rule add" },
        { "acme.azurecr.io",
            true, 401, Error("UNAUTHORIZED", "authentication required, visit https://aka.ms/acr/authorization for more information."),
            "Azure", "three hours", "az acr login --name REGISTRY --expose-token" },
        { "artifactory.example.com", true, 403, Error("MANIFEST_INVALID", "manifest invalid",
            "{\"description\":\"HTTP 403 Forbidden\"}"), "JFrog Artifactory", "not allowed to overwrite it", "Delete/Overwrite" },
        { "nexus.example.com",
            true, 400, Error("BLOB_UPLOAD_INVALID", "blob upload invalid", "\"Repository does not allow updating assets: docker-hosted\""),
            "Sonatype Nexus", "deployment policy", "Allow redeploy" },
        { "nexus.example.com", true, 403, Error("DENIED", "Deploying to groups is a PRO-licensed feature. See "
            + "https://links.sonatype.com/product-nexus-repository"), "Sonatype Nexus", "of a hosted repository", "Push to the port" },
        { "registry.example.com:5000", true, 405, Error("UNSUPPORTED", "This registry is read-only (--read-only)."), "Manifold",
            "'manifold serve --read-only'", "without --read-only" },
        { "registry.example.com", true, 405, Error("UNSUPPORTED", "The operation is unsupported."), "any",
            "A pull-through cache does not accept pushes", "ask the administrator of 'registry.example.com'" },
        { "registry.example.com", true, 413, "<html>\r\n<head><title>413 Request Entity Too "
            + "Large</title></head>\r\n<center>nginx/1.19.0</center>\r\n</html>\r\n", "nginx and other proxies",
            "limits the request size", "client_max_body_size 0;" },
        { "registry.example.com", false, 429, Error("TOOMANYREQUESTS", "too many requests"), "any", "limits requests",
            "manifold login registry.example.com" },
        { "registry.example.com", true, 404, Error("NAME_UNKNOWN", "repository name not known to registry"),
            "any", "does not create repositories", "Create 'acme/app' at 'registry.example.com'" },
        { "registry.example.com", true, 401, "insufficient_scope", "any", "did not grant the access", "Ask for access" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task the_answer_that_users_see_is_told_with_cause_and_next_command(
        string host, bool pushes, int status, string body, string vendor, string cause, string next)
    {
        using var registry = new RegistryHost(host, new RegistryOptions());
        var request =
            new RegistryRequest($"push {host}/acme/app:1", HttpMethod.Put, "v2/acme/app/manifests/1", "acme/app") { Push = pushes };
        using var response =
            new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (body == "insufficient_scope")
            response.Headers.TryAddWithoutValidation("WWW-Authenticate",
                "Bearer realm=\"https://auth.example.com/token\",error=\"insufficient_scope\"");

        var address = host == "docker.io" ? "registry-1.docker.io" : host;
        var refusal = await registry.RefusedAsync(request, response, new Uri($"https://{address}/v2/acme/app/manifests/1"), default);

        Assert.StartsWith($"push {host}/acme/app:1: the registry answered {status}", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(cause, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(next, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(RegistryQuirks.Table,
            quirk => quirk.Vendor == vendor && refusal.Message.Contains(quirk.Cause, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("GET /bucket/x?X-Amz-Signature=hidden&X-Amz-Date=1 failed")]
    [InlineData("the upstream https://joe:hidden@registry.example/v2/ failed")]
    [InlineData("see https://s3.example/x?sig=hidden, or ask")]
    public async Task addresses_in_the_registrys_words_lose_password_and_query(string words)
    {
        using var registry = new RegistryHost("registry.example.com", new RegistryOptions());
        using var response = new HttpResponseMessage(HttpStatusCode.Conflict)
        {
            Content = new StringContent(Error("DENIED", words), Encoding.UTF8, "application/json"),
        };
        var refusal = await registry.RefusedAsync(new RegistryRequest("push x", HttpMethod.Put, "v2/", "a"),
            response, new Uri("https://registry.example.com/v2/"), default);
        Assert.Contains(words.Split(' ')[0], refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void every_row_is_met_by_an_answer_above()
    {
        var met = Answers.Select(answer => (Vendor: answer.Data.Item5, Cause: answer.Data.Item6)).ToList();
        Assert.Empty(RegistryQuirks.Table
            .Where(quirk => !met.Any(one => one.Vendor == quirk.Vendor && quirk.Cause.Contains(one.Cause, StringComparison.Ordinal)))
            .Select(quirk => quirk.Says));
    }

    [Fact]
    public void the_docs_show_the_same_table()
    {
        var page = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Source())!, "../../../docs/registries.md"));
        var table = "| registry | answer | what it means | what to do |\n| --- | --- | --- | --- |\n"
            + string.Concat(RegistryQuirks.Table.Select(quirk =>
                $"| {quirk.Vendor} | {Cell(quirk.Says)} | {Cell(quirk.Cause)} | {Cell(quirk.Next)} |\n"));
        if (!page.Contains(table, StringComparison.Ordinal))
            Assert.Fail($"docs/registries.md should have this table:\n{table}");
    }

    [Fact]
    public async Task what_storage_behind_the_registry_says_is_not_taken_for_the_registrys_words()
    {
        using var registry = new RegistryHost("quay.io", new RegistryOptions());
        var request = new RegistryRequest("pull quay.io/acme/app:1", HttpMethod.Get, "", "acme/app");
        using var response = new HttpResponseMessage(HttpStatusCode.Unauthorized);
        var refusal = await registry.RefusedAsync(request, response, new Uri("https://cdn.example.com/x"), default);
        Assert.Contains("'cdn.example.com' answered 401", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Quay", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("quay.io", "The user 'joe' was not accepted. Log in again with: manifold login quay.io")]
    [InlineData("registry.gitlab.com", "The user 'joe' was not accepted. Log in again with: manifold login registry.gitlab.com")]
    public async Task a_wrong_password_is_not_taken_for_a_repository_that_is_not_there(string host, string advice)
    {
        using var registry = new RegistryHost(host,
            new RegistryOptions { Credentials = (_, _, _) => ValueTask.FromResult(new Credential { UserName = "joe", Password = "p" }) });
        foreach (var request in new[]
                 {
                     new RegistryRequest("log in", HttpMethod.Get, "v2/", ""),
                     new RegistryRequest("pull", HttpMethod.Get, "v2/acme/app/manifests/1", "acme/app") { IsForToken = true },
                 })
        {
            using var response = new HttpResponseMessage(HttpStatusCode.Unauthorized)
            {
                Content = new StringContent(Error("UNAUTHORIZED", "Invalid username or password")),
            };
            Assert.EndsWith(advice, (await registry.RefusedAsync(request, response, new Uri($"https://{host}/v2/auth"), default)).Message,
                StringComparison.Ordinal);
        }
    }

    private static string Source([CallerFilePath] string path = "") => path;

    private static string Cell(string text) => text.Replace("{", "", StringComparison.Ordinal).Replace("}", "", StringComparison.Ordinal)
        .Replace("|", "\\|", StringComparison.Ordinal);

    private static string Error(string code, string message, string detail = "null") =>
        $$"""{"errors":[{"code":"{{code}}","message":"{{message.Replace("\"", "\\\"", StringComparison.Ordinal)}}","detail":{{detail}} }]}""";
}
