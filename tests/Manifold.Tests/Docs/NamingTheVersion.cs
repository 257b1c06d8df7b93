using System.Text.RegularExpressions;

namespace Manifold.Tests.Docs;

/// <summary>
/// The version is written in <c>Directory.Build.props</c>, in <c>manifold.yaml</c> for Manifold's own images, and in the library's samples.
/// </summary>
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

    [Theory, InlineData("build-and-push.cs"), InlineData("copy.cs"), InlineData("verify.cs")]
    public void the_samples_of_the_library_take_the_package_of_this_version(string sample)
    {
        var version = Assert.Single(Found("Directory.Build.props", "<Version>([^<]+)</Version>"));

        Assert.Equal([version], Found(Path.Combine("examples", "library", sample), "#:package Manifold@(.+)"));
    }

    private static List<string> Found(string file, string pattern) =>
        [.. Regex.Matches(File.ReadAllText(Path.Combine(Cases.Repository, file)), pattern).Select(match => match.Groups[1].Value)];
}
