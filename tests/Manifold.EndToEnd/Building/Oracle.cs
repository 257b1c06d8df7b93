namespace Manifold.EndToEnd.Building;

/// <summary>The judge that asks no builder: <c>tests/oracle/compare-images.py</c>.</summary>
public static class Oracle
{
    /// <summary>Where trees or configs of two OCI layouts differ, a line each; empty where they are equal.</summary>
    public static async Task<string[]> DifferencesAsync(string theirs, string ours)
    {
        var judged = await Tool.Try("python3", Script, theirs, ours);
        Assert.True(judged.ExitCode < 2 && judged.Error.Length == 0, $"compare-images.py {theirs} {ours}: {judged.Output}{judged.Error}");
        return [.. judged.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).SkipLast(1)];
    }

    private static string Script => Path.Combine(Cases.Repository, "tests", "oracle", "compare-images.py");
}
