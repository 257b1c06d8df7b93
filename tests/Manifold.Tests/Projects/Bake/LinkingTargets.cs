using System.Collections.Immutable;
using Manifold.Oci;
using Manifold.Projects;
using Manifold.Projects.Reading;

namespace Manifold.Tests.Projects.Bake;

/// <summary>
/// A target without platforms is for this machine where somebody asks for it, and for those who stand on it where they do.
/// </summary>
public sealed class LinkingTargets : IDisposable
{
    private const string File = """
        target "deep" { dockerfile-inline = "FROM scratch" }
        target "base" {
          dockerfile-inline = "FROM deep"
          contexts = { deep = "target:deep" }
        }
        target "app" {
          dockerfile-inline = "FROM base"
          contexts  = { base = "target:base" }
          platforms = ["linux/s390x", "linux/riscv64"]
        }
        target "fixed" {
          dockerfile-inline = "FROM deep"
          contexts  = { deep = "target:deep" }
          platforms = ["linux/s390x"]
        }
        """;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("base", "base: linux/amd64; deep: linux/amd64")]
    [InlineData("app", "app: linux/riscv64,linux/s390x; base: linux/riscv64,linux/s390x; deep: linux/riscv64,linux/s390x")]
    [InlineData("fixed", "deep: linux/s390x; fixed: linux/s390x")]
    [InlineData("fixed,base", "base: linux/amd64; deep: linux/amd64,linux/s390x; fixed: linux/s390x")]
    public void a_target_is_built_for_whoever_needs_it(string names, string expected)
    {
        folder.Write("docker-bake.hcl", File);
        var project = ProjectReader.Read("docker-bake.hcl", new ReadingOptions(ImmutableSortedDictionary<string, string>.Empty)
        {
            WorkingFolder = folder.Path,
            DefaultPlatform = Platform.Parse("linux/amd64"),
        });
        var graph = new ProjectGraph(project,
            new GraphOptions { Names = [.. names.Split(',')], LayoutReference = _ => throw new InvalidOperationException() });

        Assert.Equal(expected, string.Join("; ", graph.Nodes.OrderBy(node => node.Name, StringComparer.Ordinal)
            .Select(node => $"{node.Name}"
                + $": {string.Join(',', node.Platforms.Select(each => each.Platform.ToString()).Order(StringComparer.Ordinal))}")));
    }
}
