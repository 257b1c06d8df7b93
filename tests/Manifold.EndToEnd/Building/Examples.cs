using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Linux;

namespace Manifold.EndToEnd.Building;

/// <summary>
/// Three of the systems that Manifold replaces, each from nothing to programs that run: what <c>examples/*/run.sh</c> shows to a newcomer.
/// </summary>
[Trait("kind", "end-to-end")]
public sealed class Examples : IDisposable
{
    private static readonly (string Platform, string Architecture)[] FivePlatforms =
        [("linux/amd64", "amd64"), ("linux/arm64", "arm64"), ("linux/arm/v7", "arm"), ("linux/ppc64le", "ppc64le"),
            ("linux/riscv64", "riscv64")];

    /// <summary>The exit code and the words of a script that could not download what it is made of: see examples/setting.sh.</summary>
    private const int Undownloaded = 77;
    private const string Because = "could not be downloaded: ";

    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task side_images_are_baked_from_their_folder_as_it_is()
    {
        const string tag = "4.10.0-0.okd-2022-03-07";
        var said = await Run("side-images");

        // A mirror may lack the packages of one platform: the example does without it, and says so.
        var without = Regex.Matches(said, "(?m)^Skipped ([^ ]+) because its packages could not be downloaded: .*$");
        var had = FivePlatforms.Where(each => without.All(left => left.Groups[1].Value != each.Platform)).ToArray();
        Assert.Contains("the registry is empty\n", said, StringComparison.Ordinal);
        var tags = string.Join(' ',
            had.Select(each => each.Architecture).Order(StringComparer.Ordinal).Select(architecture => $"{tag}-{architecture}"));
        foreach (var name in (string[])["base-image",
            "cli", "coredns", "haproxy-router", "hostpath-provisioner", "kube-rbac-proxy", "pause", "service-ca-operator"])
            Assert.Contains($"microshift/{name}:{tag}  {string.Join(' ', had.Select(each => each.Platform))}\n  tags {tag} {tags}\n",
                said, StringComparison.Ordinal);
        foreach (var (platform, architecture) in had)
        {
            Assert.Contains($"{platform,-14} cli v4.10.0 linux/{architecture}\n", said, StringComparison.Ordinal);
            Assert.Matches($"(?m)^{platform,-14} HAProxy version [0-9]", said);
        }
        Assert.SkipWhen(without.Count > 0,
            $"Could not be downloaded: {string.Join(' ', without.Select(left => left.Value).Distinct())} Everything else passed.");
    }

    [Fact]
    public async Task oauth_proxy_is_upstreams_for_one_platform_and_built_here_for_the_other()
    {
        var said = await Run("oauth-proxy");

        Assert.Contains("tags latest latest-amd64 latest-arm64\n", said, StringComparison.Ordinal);
        Assert.Contains("linux/amd64 is the upstream image, byte for byte\n", said, StringComparison.Ordinal);
        Assert.Contains("latest-amd64 and latest-arm64 are the images of latest\n", said, StringComparison.Ordinal);
        Assert.Contains("linux/amd64  oauth2_proxy v4.4.0-upstream (built for linux/amd64)\n", said, StringComparison.Ordinal);
        Assert.Contains("linux/arm64  oauth2_proxy v4.4.0 (built for linux/arm64)\n", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task autoscaler_is_built_with_the_flags_of_buildx()
    {
        var said = await Run("autoscaler");

        Assert.Matches("(?m)^oci-archive (sha256:[0-9a-f]{64}) linux/amd64 linux/arm64\ndocker \\1 linux/amd64 linux/arm64$", said);
        Assert.Contains("org.opencontainers.image.title=Kubernetes Autoscaler\n", said, StringComparison.Ordinal);
        foreach (var platform in (string[])["linux/amd64", "linux/arm64"])
            Assert.Contains($"{platform,-12} autoscaler v0.3.0 (commit 6a5e69e, built 2026-01-26T02:38:21Z) on {platform} as uid 65532\n",
                said, StringComparison.Ordinal);
    }

    /// <summary>What the script said. It must end well, and take everything with it that it made.</summary>
    private async Task<string> Run(string example)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
        var words = string.Join(' ', OurProgram.Words.Select(word => $"'{word}'"));
        var program = folder.Write("manifold", $"#!/bin/sh\nexec {words} \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Directory.CreateDirectory(folder["tmp"]);
        var result =
            await ChildProcess.RunAsync("bash", ["-c", "exec \"$0\" 2>&1", Path.Combine(Cases.Repository, "examples", example, "run.sh")],
                environment: ImmutableSortedDictionary<string, string>.Empty.Add("MANIFOLD", program).Add("TMPDIR", folder["tmp"]),
                cancellation: TestContext.Current.CancellationToken);
        Assert.SkipWhen(result!.ExitCode == Undownloaded,
            "Could not be downloaded: "
                + $"{result.Output[(result.Output.LastIndexOf(Because, StringComparison.Ordinal) + Because.Length)..].Trim()}");
        Assert.True(result.ExitCode == 0, result.Output);
        Assert.Empty(Directory.GetFileSystemEntries(folder["tmp"]));
        return result.Output;
    }

    public void Dispose() => folder.Dispose();
}
