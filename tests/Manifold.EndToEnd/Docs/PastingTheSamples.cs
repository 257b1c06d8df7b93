using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Manifold.EndToEnd.Docs;

/// <summary>
/// What the docs tell people to paste is pasted: the blocks marked <c>sh run</c> of a page, in one shell, with a store and a registry of
/// their own.
/// </summary>
public sealed partial class PastingTheSamples : IDisposable
{
    private static readonly string Root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Source())!, "..", "..", ".."));

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Pages => [.. Directory.EnumerateFiles(Path.Combine(Root, "docs"), "*.md", SearchOption.AllDirectories)
        .Prepend(Path.Combine(Root, "README.md"))
        .Where(page => Samples().IsMatch(File.ReadAllText(page))).Select(page => Path.GetRelativePath(Root, page))
        .Order(StringComparer.Ordinal)];

    [Theory, MemberData(nameof(Pages))]
    public async Task every_command_of_a_page_succeeds(string page)
    {
        // A port that a page names may be somebody else's here.
        var port = FreePort.Find();
        var samples = Samples().Matches(File.ReadAllText(Path.Combine(Root, page)))
            .Select(match => match.Groups[1].Value.Replace(":15443", $":{port}", StringComparison.Ordinal));
        var script = folder.Write("samples.sh", $$"""
            set -euxo pipefail
            trap 'kill $(jobs -p) 2> /dev/null || true' EXIT
            cd '{{folder.Path}}'
            # A server may start late on a busy machine: whom nobody answers asks again. The 600 seconds bound that.
            curl() { local code=7; while [ $code = 7 ]; do code=0; command curl "$@" || code=$?; done; return $code; }
            export PATH='{{ProgramFolder()}}':"$PATH" MANIFOLD_ROOT='{{folder["store"]}}' REGISTRY=127.0.0.1:{{FreePort.Find()}}
            {{string.Concat(samples)}}
            """);
        var result = await Tool.Try("timeout", "--kill-after=10", "600", "bash", script);
        Assert.True(result.ExitCode == 0,
            $"{page}: exit code {result.ExitCode} (124: not done within 600 s)\n{result.Output}{result.Error}");
    }

    [Fact]
    public void the_readme_is_among_the_pages() => Assert.Contains("README.md", Pages.Select(row => row.Data));

    /// <summary>A folder in which the program has the name that people know.</summary>
    private string ProgramFolder()
    {
        var bin = Directory.CreateDirectory(folder["bin"]).FullName;
        File.CreateSymbolicLink(Path.Combine(bin, "manifold"), OurProgram.File);
        return bin;
    }

    private static string Source([CallerFilePath] string path = "") => path;

    [GeneratedRegex("^```sh run\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Samples();
}
