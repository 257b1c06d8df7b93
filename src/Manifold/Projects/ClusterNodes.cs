namespace Manifold.Projects;

/// <summary>Clusters as nodes. They are not supported yet, and their names are kept free for them.</summary>
internal static class ClusterNodes
{
    private static readonly string[] Names = ["kubernetes", "openshift", "tekton"];

    /// <summary>The kind of cluster that a name or an address such as <c>kubernetes://team</c> means; null if it means none.</summary>
    public static string? Find(string text) =>
        Array.Find(Names, name => text == name || text.StartsWith(name + ":", StringComparison.Ordinal));

    public static (string Message, string Hint) Explain(string cluster) =>
        ($"building on {cluster} is not supported yet.", "Expected ssh://[user@]host[:port].");
}
