using System.Runtime.CompilerServices;

namespace Manifold.Tests.Support;

/// <summary>
/// Golden folders: what goes in, and what comes out of it. <c>MANIFOLD_ACCEPT=1</c> writes what comes out as the new expectation.
/// </summary>
public static class Cases
{
    private static bool Accepting => Environment.GetEnvironmentVariables()["MANIFOLD_ACCEPT"] is "1";

    /// <summary>The root of the clone that the tests were compiled from.</summary>
    public static string Repository { get; } = Path.GetFullPath(Path.Combine(Source(), "..", "..", ".."));

    /// <summary>The folder of a kind of cases, in whichever test project it is.</summary>
    public static string Folder(string kind) => Directory.GetDirectories(Path.Combine(Repository, "tests"))
        .Select(project => Path.Combine(project, "cases", kind)).First(Directory.Exists);

    public static IEnumerable<string> Names(string kind) =>
        Directory.GetDirectories(Folder(kind)).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal);

    /// <summary>Compares with a file of a case; null says that there is no such file.</summary>
    public static void Expect(string file, string? actual)
    {
        if (Accepting && actual is not null)
            File.WriteAllText(file, actual);
        else if (Accepting)
            File.Delete(file);
        Assert.Equal(File.Exists(file) ? File.ReadAllText(file) : null, actual);
    }

    private static string Source([CallerFilePath] string path = "") => path;
}
