namespace Manifold.EndToEnd.Building;

/// <summary>
/// The reference's own example of <c>--exclude</c>: BuildKit copies files that are sources themselves, and so do we, and say so.
/// </summary>
[Trait("kind", "end-to-end")]
public sealed class ExcludingSources : IDisposable
{
    private readonly Workshop shop = new();

    public void Dispose() => shop.Dispose();

    [Theory]
    [InlineData("COPY --exclude=*.txt hom* /mydir/", "'home.txt' is copied despite --exclude")]
    [InlineData("COPY --exclude=*.txt --exclude=*.md hom* /mydir/", "'home.md' and 1 more are copied despite --exclude")]
    [InlineData("COPY --exclude=*.txt homes /mydir/", null)]
    [InlineData("COPY --exclude=*.png hom* /mydir/", null)]
    public async Task a_file_that_is_copied_all_the_same_is_told(string copy, string? warning)
    {
        var context = shop.Context($"FROM scratch\n{copy}\n",
            ("home.txt", "1"), ("home.md", "2"), ("homer", "3"), ("homes/a.txt", "4"), ("homes/b.md", "5"));

        var built = (await shop.Build(context)).Succeeded();

        if (warning is not null)
            Assert.Contains(warning, built.Error, StringComparison.Ordinal);
        else
            Assert.DoesNotContain("--exclude, which", built.Error, StringComparison.Ordinal);
    }
}
