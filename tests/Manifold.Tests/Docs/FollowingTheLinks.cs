using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Manifold.Tests.Docs;

public sealed partial class FollowingTheLinks
{
    [Fact]
    public void every_link_of_a_page_leads_to_a_file()
    {
        var root = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Source())!, "..", "..", ".."));
        var pages = Directory.EnumerateFiles(Path.Combine(root, "docs"), "*.md", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(root, "*.md"));
        var links =
            pages.SelectMany(page => Links().Matches(File.ReadAllText(page)).Select(match => (Page: page, Target: match.Groups[1].Value)))
                .Where(link => !link.Target.Contains("://", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(links);
        Assert.All(links, link => Assert.True(Path.Exists(Path.Combine(Path.GetDirectoryName(link.Page)!, link.Target.Split('#')[0])),
            $"{link.Page}: {link.Target}"));
    }

    private static string Source([CallerFilePath] string path = "") => path;

    [GeneratedRegex(@"\]\(([^)\s#][^)\s]*)\)")]
    private static partial Regex Links();
}
