using System.Runtime.CompilerServices;

namespace Manifold.EndToEnd.Support;

/// <summary>
/// The program as people have it, as a process: the native one that <c>MANIFOLD_TEST_PROGRAM</c> names. Without that variable it is what
/// <c>build.sh</c> made, where that is as new as this test, else this test's own build, so that nobody waits for the native compiler.
/// </summary>
public static class OurProgram
{
    /// <summary>The command, as its first words.</summary>
    public static IReadOnlyList<string> Words { get; } = Find();

    /// <summary>The command as one file, for a link on a search path.</summary>
    public static string File => Words.Count == 1 ? Words[0] : Path.Combine(AppContext.BaseDirectory, "Manifold.Cli");

    /// <summary>The native program's file; skips where only the build of this test is there.</summary>
    public static string Native()
    {
        Assert.SkipUnless(Words.Count == 1,
            "The native program is not there or old; ./build.sh makes it, and test.sh names it in MANIFOLD_TEST_PROGRAM.");
        return Words[0];
    }

    private static string[] Find([CallerFilePath] string here = "")
    {
        if (Environment.GetEnvironmentVariable("MANIFOLD_TEST_PROGRAM") is { Length: > 0 } named)
        {
            if (!System.IO.File.Exists(named))
                throw new FileNotFoundException($"MANIFOLD_TEST_PROGRAM names '{named}', which is not there.");
            return [named];
        }
        var built = Path.GetFullPath(Path.Combine(here, "../../../../artifacts/manifold/manifold"));
        string[] ours = ["Manifold.dll", "Manifold.Cli.dll", "Manifold.Server.dll"];
        var newest = ours.Max(each => System.IO.File.GetLastWriteTimeUtc(Path.Combine(AppContext.BaseDirectory, each)));
        return System.IO.File.Exists(built) && System.IO.File.GetLastWriteTimeUtc(built) >= newest
            ? [built] : ["dotnet", Path.Combine(AppContext.BaseDirectory, "Manifold.Cli.dll")];
    }
}
