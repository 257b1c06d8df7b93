using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects;

namespace Manifold.Tests.Projects;

/// <summary>What a manifold.yaml comes to.</summary>
public sealed class ReadingManifoldYaml : IDisposable
{
    private readonly ProjectFolder folder = new();

    [Fact]
    public void the_file_of_the_design_is_read_as_it_says()
    {
        folder.With("base", "services/api", "proxy").Files.Write("proxy/Dockerfile.arm64", "FROM scratch\n");
        var project = folder.Manifold("""
            registry: quay.io/acme                       # DEST_REGISTRY overrides
            platforms: [linux/amd64, linux/arm64]        # ARCHITECTURES overrides
            tags: ["${VERSION:-dev}", latest]
            images:
              base: {context: base}
              api:
                context: services/api
                contexts: {base: "image:base"}           # or simply FROM quay.io/acme/base, which is recognised
                args: {VERSION: "${VERSION:-dev}"}
                labels: {org.opencontainers.image.title: api}
                before: {run: make bin, inputs: [cmd/**, go.sum], outputs: [bin/**]}
                verify: {run: ["--version"]}             # off | warn | strict | {...}
              proxy:
                platforms:
                  linux/amd64: {source: "image:quay.io/openshift/origin-oauth-proxy:latest"}
                  linux/arm64: {context: proxy, dockerfile: Dockerfile.arm64}
                  linux/riscv64: {context: proxy, optional: true}
                platform-tags: true                      # also latest-amd64, latest-arm64
            rollout: {deployment: api, namespace: prod}
            """);

        Assert.Equal(["base", "api", "proxy"], project.Components.Select(each => each.Name));
        var api = project.Find("api")!;
        Assert.Equal(["quay.io/acme/api:dev", "quay.io/acme/api:latest"], api.Tags.Select(tag => tag.ToString()));
        Assert.Equal(["linux/amd64", "linux/arm64"], api.Platforms.Select(each => each.Platform.ToString()));
        var build = Assert.IsType<BuildSource>(api.Platforms[0].Source);
        Assert.Equal(folder.Files["services/api"], build.ContextFolder);
        Assert.Equal("dev", build.Arguments["VERSION"]);
        Assert.Equal(new SiblingContext("base"), build.Contexts["base"]);
        Assert.Equal(["--version"], api.Verification.Run!.Value);
        var hook = Assert.Single(api.Before);
        Assert.Equal(["sh", "-c", "make bin"], hook.Command);
        Assert.Equal(folder.Files["services/api"], hook.Folder);
        var proxy = project.Find("proxy")!;
        Assert.Equal("quay.io/openshift/origin-oauth-proxy:latest", Assert.IsType<ImageSource>(proxy.Platforms[0].Source).Location);
        Assert.Equal("proxy/Dockerfile.arm64", Assert.IsType<BuildSource>(proxy.Platforms[1].Source).DockerfilePath);
        Assert.Equal([false, false, true], proxy.Platforms.Select(each => each.Optional));
        Assert.True(proxy.PlatformTags);
        Assert.Equal(new Rollout("api", "prod"), project.Rollout);
    }

    public void Dispose() => folder.Dispose();
}
