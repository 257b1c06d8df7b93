using Manifold.Content;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.EndToEnd.Engine;

/// <summary>The samples of docs/library.md, as a reader runs them: against the package, each a program of its own.</summary>
public sealed class UsingThePackage : IDisposable
{
    private static readonly string Samples = Path.Combine(Cases.Repository, "examples", "library");

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task the_three_samples_build_copy_and_verify()
    {
        await PackAsync();
        await using var server = await RunningServer.StartAsync();
        WriteContext("good", Cpu.Amd64, Cpu.Arm64);
        WriteContext("bad", Cpu.Amd64, Cpu.Amd64);
        var (name, copy) = ($"{server.Authority}/acme/app:1", $"{server.Authority}/acme/copy:1");

        var built = await RunAsync("build-and-push.cs", folder["good"], name);

        Assert.Equal(0, built.ExitCode);
        var index = Digest.Parse(built.Output.Trim().Split('@')[1]);
        Assert.Equal(["linux/amd64", "linux/arm64"], await PlatformsAsync(server, "acme/app", "1"));

        var copied = await RunAsync("copy.cs", name, copy, $"oci:{folder["layout"]}:app");

        Assert.Equal(0, copied.ExitCode);
        Assert.Equal(["linux/amd64", "linux/arm64"], await PlatformsAsync(server, "acme/copy", "1"));
        Assert.Equal(index, ImageIndex.Parse(await File.ReadAllBytesAsync(folder["layout/index.json"])).Manifests.Single().Digest);

        var right = await RunAsync("verify.cs", copy);

        Assert.Equal((0, ""), (right.ExitCode, right.Output));

        var refused = await RunAsync("build-and-push.cs", folder["bad"], $"{server.Authority}/acme/app:2");

        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("linux/arm64", refused.Error);
        Assert.DoesNotContain("2", await TagsAsync(server, "acme/app"));

        using (var store = Store.Open(folder["store"]))
            store.Tags.Set(ImageReference.Parse("example.com/empty:1"), await SampleImages.WriteIndexAsync(store, "x", "linux/amd64"));
        var wrong = await RunAsync("verify.cs", "store:example.com/empty:1");

        Assert.Equal(1, wrong.ExitCode);
        Assert.StartsWith("linux/amd64: Error: ", wrong.Output);
    }

    /// <summary>Packs the library and what it needs, from what the tests were built with.</summary>
    private async Task PackAsync()
    {
        foreach (var project in (string[])["Manifold.Hcl", "Manifold"])
        {
            await Tool.Run("dotnet", "pack", Path.Combine(Cases.Repository, "src", project), "--no-build", "--configuration", "Debug",
                "--output", folder["feed"], "-v", "quiet", "--nologo");
        }
        // The other packages are here, because the tests were restored; nothing is asked of a network.
        var had = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        folder.Write("samples/NuGet.config", $"""
            <configuration>
              <packageSources><clear /><add key="feed" value="{folder["feed"]}" /></packageSources>
              <fallbackPackageFolders><clear /><add key="had" value="{had}" /></fallbackPackageFolders>
            </configuration>
            """);
        Directory.CreateDirectory(folder["data"]);
        foreach (var sample in Directory.EnumerateFiles(Samples, "*.cs"))
            File.Copy(sample, folder[Path.Combine("samples", Path.GetFileName(sample))]);
    }

    private Task<ChildProcess.Result> RunAsync(string sample, params string[] arguments) => Tool.Try("env",
        ["-C", folder["samples"], $"NUGET_PACKAGES={folder["packages"]}", $"XDG_DATA_HOME={folder["data"]}",
            $"MANIFOLD_ROOT={folder["store"]}", "DOTNET_NOLOGO=1", "timeout", "300", "dotnet", "run", sample, .. arguments]);

    private void WriteContext(string name, Cpu amd64, Cpu arm64)
    {
        folder.Write($"{name}/Dockerfile", """
            FROM scratch
            ARG TARGETARCH
            COPY --chmod=755 app-$TARGETARCH /app
            ENTRYPOINT ["/app"]
            """);
        File.WriteAllBytes(folder[$"{name}/app-amd64"], ElfBuilder.Static(amd64));
        File.WriteAllBytes(folder[$"{name}/app-arm64"], ElfBuilder.Static(arm64));
    }

    private static async Task<IEnumerable<string>> PlatformsAsync(RunningServer server, string repository, string tag)
    {
        var index = ImageIndex.Parse(await server.Http.GetByteArrayAsync($"/v2/{repository}/manifests/{tag}"));
        return index.Manifests.Select(entry => entry.Platform!.ToPlatform().ToString());
    }

    private static async Task<string> TagsAsync(RunningServer server, string repository) =>
        await server.Http.GetStringAsync($"/v2/{repository}/tags/list");
}
