namespace Manifold.Tests.EndToEnd;

/// <summary>The judge that asks no builder: the shared <c>compare-images.py</c>, found by <c>MANIFOLD_SHARED</c>, else beside the repository.</summary>
public static class Oracle
{
    /// <summary>Where trees or configs of two OCI layouts differ, a line each; empty where they are equal.</summary>
    public static async Task<string[]> DifferencesAsync(string theirs, string ours)
    {
        var judged = await Tool.Try("python3", Script(), theirs, ours);
        Assert.True(judged.ExitCode < 2 && judged.Error.Length == 0, $"compare-images.py {theirs} {ours}: {judged.Output}{judged.Error}");
        return [.. judged.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).SkipLast(1)];
    }

    /// <summary>The folder of what this project shares with others.</summary>
    public static string Shared() => Environment.GetEnvironmentVariable("MANIFOLD_SHARED") ?? Path.GetFullPath(Path.Combine(Cases.Folder("build"), "..", "..", "..", "..", "shared"));

    private static string Script()
    {
        var script = Path.Combine(Shared(), "oracle", "compare-images.py");
        Assert.SkipUnless(File.Exists(script), $"'{script}' is not there; MANIFOLD_SHARED says where the folder 'shared' is.");
        return script;
    }
}
