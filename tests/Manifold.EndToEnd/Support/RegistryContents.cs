using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Manifold.EndToEnd.Registry;

namespace Manifold.EndToEnd.Support;

/// <summary>What a real registry says that it has, asked without any of our own code.</summary>
internal static class RegistryContents
{
    private static readonly HttpClient Http = new() { Timeout = Eventually.Bound };

    public static async Task<string[]> RepositoriesAsync(this DebianRegistry registry) =>
        [.. (await Http.GetFromJsonAsync<JsonNode>($"http://{registry.Name}/v2/_catalog"))!["repositories"]!.AsArray()
            .Select(name => (string)name!)];

    /// <summary>Empty where the repository is not there.</summary>
    public static async Task<string[]> TagsAsync(this DebianRegistry registry, string repository)
    {
        using var answer = await Http.GetAsync($"http://{registry.Name}/v2/{repository}/tags/list");
        if (answer.StatusCode == HttpStatusCode.NotFound)
            return [];
        return [.. ((await answer.Content.ReadFromJsonAsync<JsonNode>())!["tags"] as JsonArray ?? []).Select(tag => (string)tag!)];
    }

    public static async Task<string> DigestAsync(this DebianRegistry registry, string image)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head,
            $"http://{registry.Name}/v2/{image.Replace(":", "/manifests/", StringComparison.Ordinal)}");
        request.Headers.TryAddWithoutValidation("Accept",
            "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
                + "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json");
        using var answer = await Http.SendAsync(request);
        return answer.EnsureSuccessStatusCode().Headers.GetValues("Docker-Content-Digest").Single();
    }
}
