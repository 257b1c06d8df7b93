using System.Text.RegularExpressions;
using Manifold.Engine;

namespace Manifold.Tests.Docs;

/// <summary>docs/library.md says what is public, and shows the samples that are in examples/library.</summary>
public sealed partial class ReadingTheLibrarysPage
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Cases.Repository, "docs", "library.md"));

    [Fact]
    public void the_table_has_every_public_type_and_no_other()
    {
        var table = Page[Page.IndexOf("## All types", StringComparison.Ordinal)..];
        var named = Names().Matches(table).Select(match => match.Groups[1].Value)
            .Where(name => !name.StartsWith("Manifold.", StringComparison.Ordinal));

        var isPublic = typeof(ManifoldEngine).Assembly.GetExportedTypes().Where(type => !type.IsNested).Select(type => type.Name);

        Assert.Equal(isPublic.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Theory, InlineData("build-and-push.cs"), InlineData("copy.cs"), InlineData("verify.cs")]
    public void a_sample_stands_on_the_page_as_in_its_file(string sample)
    {
        var lines = File.ReadAllLines(Path.Combine(Cases.Repository, "examples", "library", sample));

        var code = lines.SkipWhile(
            line => line.Length == 0 || line[0] == '#' || (line.StartsWith("using ", StringComparison.Ordinal) && !line.Contains('=')));

        Assert.Contains($"```csharp\n{string.Join('\n', code)}\n```", Page);
    }

    [Fact]
    public void the_page_of_the_package_shows_the_first_sample()
    {
        var lines = File.ReadAllLines(Path.Combine(Cases.Repository, "examples", "library", "build-and-push.cs"));

        Assert.Contains($"```csharp\n{string.Join('\n', lines.SkipWhile(line => line.StartsWith('#')))}\n```",
            File.ReadAllText(Path.Combine(Cases.Repository, "src", "Manifold", "README.md")));
    }

    [GeneratedRegex("`([A-Z][A-Za-z.]+)`")]
    private static partial Regex Names();
}
