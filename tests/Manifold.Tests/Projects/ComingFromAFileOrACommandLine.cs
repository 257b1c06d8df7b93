using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects;

namespace Manifold.Tests.Projects;

/// <summary>The three rules in which the image of a command line differs from an image of a project's file.</summary>
public sealed class ComingFromAFileOrACommandLine : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public ComingFromAFileOrACommandLine() => folder.Write("Dockerfile", "ARG VERSION\nFROM base:$VERSION\n");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("", null)]
    [InlineData("api", "api")]
    public void only_an_image_of_a_file_is_named(string component, string? name) =>
        Assert.Equal(name, new RequestOrigin(component).Name);

    [Theory]
    [InlineData("", true)]
    [InlineData("api", false)]
    public void an_argument_of_a_file_stands_for_the_default_that_an_ARG_lacks(string component, bool isFound)
    {
        var request = Request("VERSION");

        var judged = new RequestOrigin(component).Judged(BuildFiles.ReadDockerfile(request), request);

        Assert.Equal(isFound, judged.Diagnostics.Any(finding => finding.Id == "InvalidDefaultArgInFrom"));
    }

    [Fact]
    public void a_file_that_does_not_give_the_argument_lacks_the_default()
    {
        var request = Request("OTHER");

        var judged = new RequestOrigin("api").Judged(BuildFiles.ReadDockerfile(request), request);

        Assert.Contains(judged.Diagnostics, finding => finding.Id == "InvalidDefaultArgInFrom");
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("api", 0)]
    public void an_argument_that_no_ARG_declares_matters_only_on_a_command_line(string component, int warnings)
    {
        var request = Request("OTHER");
        var tree = BuildFiles.ReadDockerfile(request).Tree;

        var unused = new RequestOrigin(component).Unused(tree, request, []).ToList();

        Assert.Equal(warnings, unused.Count);
        Assert.All(unused, warning => Assert.Contains("--build-arg OTHER", warning, StringComparison.Ordinal));
    }

    private BuildRequest Request(string argument) => new()
    {
        ContextFolder = folder.Path,
        Platforms = [Platform.Parse("linux/amd64")],
        BuildArguments = ImmutableSortedDictionary<string, string>.Empty.Add(argument, "1"),
    };
}
