using System.Collections.Immutable;

namespace Manifold.Tests.Cli;

public sealed class WritingManualPages : IDisposable
{
    private static readonly ImmutableSortedDictionary<string, string> Dated =
        ImmutableSortedDictionary<string, string>.Empty.Add("SOURCE_DATE_EPOCH", "1772000000");

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task the_same_program_and_date_write_the_same_pages()
    {
        await WriteAsync("one");
        await WriteAsync("two");

        Assert.Equal("", await SystemProgram.Run("diff", "-r", folder["one"], folder["two"]));
        Assert.Contains("\"2026-02-25\" \"Manifold ", await File.ReadAllTextAsync(folder["one/manifold.1"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_date_that_is_no_number_is_told_so()
    {
        var (code, _, error) = await Commanding.ManifoldWith(folder,
            ImmutableSortedDictionary<string, string>.Empty.Add("SOURCE_DATE_EPOCH", "soon"), "man", folder["man"]);

        Assert.Equal(2, code);
        Assert.StartsWith("manifold: SOURCE_DATE_EPOCH 'soon' is not a number of seconds since 1970.", error, StringComparison.Ordinal);
    }

    private async Task WriteAsync(string name)
    {
        var (code, _, error) = await Commanding.ManifoldWith(folder, Dated, "man", folder[name]);
        Assert.True(code == 0, error);
    }
}
