using System.Collections.Concurrent;

namespace Manifold.EndToEnd.Building;

/// <summary>BuildKit, as the Docker daemon has it, builds the same contexts; <see cref="Oracle"/> compares files and configs.</summary>
/// <remarks>
/// A case is a folder under <c>cases/build</c>: a context, and if need be <c>context.sh</c>, which makes what git does not keep,
/// <c>arguments</c> for both builders, a line each, and <c>departs-from-buildkit.txt</c>: why we differ on purpose, and the beginnings of
/// the lines that say so.
/// </remarks>
[Trait("kind", "end-to-end")]
public sealed class ComparedWithBuildKit : IDisposable
{
    private const string Both = "linux/amd64,linux/arm64";

    private readonly Workshop shop = new(Peer.VisibleFolder);

    public void Dispose() => shop.Dispose();

    [Fact]
    public async Task each_case_becomes_the_same_image()
    {
        await Workshop.NeedBusyBox();
        var wrong = new ConcurrentBag<string>();
        await Parallel.ForEachAsync(Cases.Names("build"), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (name, _) =>
        {
            var source = Path.Combine(Cases.Folder("build"), name);
            var context = await PrepareAsync(source, shop[name]);
            var differences = await CompareAsync(context, Both, Lines(Path.Combine(source, "arguments")));
            var expected = Lines(Path.Combine(source, "departs-from-buildkit.txt")).Where(line => !line.StartsWith('#')).ToHashSet();
            foreach (var line in differences.Where(line => !expected.Any(start => line.StartsWith(start, StringComparison.Ordinal))))
                wrong.Add($"{name}: {line}");
            foreach (var start in expected.Where(start => !differences.Any(line => line.StartsWith(start, StringComparison.Ordinal))))
                wrong.Add($"{name}: no longer differs: {start}");
        });
        Assert.Empty(wrong.Order());
    }

    /// <summary>The workloads of the benchmark, from its folder.</summary>
    [Theory]
    [InlineData("w1", Both)]
    [InlineData("w3/c1", "linux/amd64,linux/arm64,linux/arm/v7,linux/ppc64le,linux/riscv64")]
    public async Task each_workload_becomes_the_same_image(string workload, string platforms)
    {
        var context = Path.Combine(Peer.VisibleFolder ?? "/var/tmp/manifold-bench", "work", workload);
        Assert.SkipUnless(Directory.Exists(context), $"'{context}' is not there; bench/setup-peers.sh makes it.");
        // useradd writes the day into /etc/shadow: what the peer built yesterday is another image, also where yesterday was a minute ago.
        string[] differences;
        DateTime day;
        do
        {
            day = TimeProvider.System.GetUtcNow().Date;
            differences = await CompareAsync(context, platforms, ["--no-cache"]);
        }
        while (day != TimeProvider.System.GetUtcNow().Date);
        Assert.Empty(differences);
    }

    private async Task<string[]> CompareAsync(string context, string platforms, string[] arguments)
    {
        var name = context.TrimStart('/').Replace('/', '-');
        var (theirs, ours) = (shop[name + ".buildkit"], shop[name + ".manifold"]);
        foreach (var layout in new[] { theirs, ours }.Where(Directory.Exists))
            Directory.Delete(layout, recursive: true);
        await Peer.Docker(["buildx", "build", "--quiet",
            "--provenance=false", "--platform", platforms, .. arguments, "--output", $"type=oci,tar=false,dest={theirs}", context]);
        // What the cases start with is not in them.
        var built = await shop.Build(context,
            ["--verify", "off", "--platform", platforms, .. arguments, "--output", $"type=oci,tar=false,dest={ours}"]);
        return built.Code == 0 ? await Oracle.DifferencesAsync(theirs, ours) : ["BuildKit builds it, and we do not: "
            + built.Error.Split('\n').Last(line => line.StartsWith("manifold:", StringComparison.Ordinal))];
    }

    private static async Task<string> PrepareAsync(string source, string context)
    {
        await Tool.Run("cp", "-r", source, context);
        if (File.Exists(Path.Combine(context, "context.sh")))
            await Tool.Run("bash", "-c", $"set -e; umask 022; cd '{context}'; . ./context.sh; rm context.sh");
        foreach (var file in new[] { "arguments", "departs-from-buildkit.txt" })
            File.Delete(Path.Combine(context, file));
        return context;
    }

    private static string[] Lines(string file) => File.Exists(file) ? File.ReadAllLines(file) : [];
}
