using System.Text.RegularExpressions;

namespace Manifold.Tests.Docs;

/// <summary>The version is written once in <c>Directory.Build.props</c>, and in <c>manifold.yaml</c> for Manifold's own images.</summary>
public sealed class NamingTheVersion
{
    [Fact]
    public void our_own_images_have_the_version_of_the_program()
    {
        var version = Assert.Single(Found("Directory.Build.props", "<Version>([^<]+)</Version>"));

        var named = Found("manifold.yaml", @"\$\{VERSION:-([^}]*)\}");

        Assert.NotEmpty(named);
        Assert.All(named, one => Assert.Equal(version, one));
    }

    private static List<string> Found(string file, string pattern) =>
        [.. Regex.Matches(File.ReadAllText(Path.Combine(Cases.Repository, file)), pattern).Select(match => match.Groups[1].Value)];
}
