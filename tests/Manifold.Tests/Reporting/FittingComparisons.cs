using Manifold.Reporting;
using Manifold.Reporting.Comparing;
using Manifold.Text;
using Manifold.Verification.Parity;

namespace Manifold.Tests.Reporting;

/// <summary>The tables of <c>compare</c> and <c>verify --parity</c> on a terminal, and in a pipe.</summary>
public sealed class FittingComparisons
{
    private static readonly string LongName = "usr/share/" + string.Concat(Enumerable.Repeat("some-folder/", 8)) + "file";

    [Theory]
    [InlineData(80)]
    [InlineData(100)]
    public void of_images(int width)
    {
        var comparison = Images();
        AssertFits(ComparisonTable.Render(comparison, width), ComparisonTable.Render(comparison), width);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(100)]
    public void of_builds(int width)
    {
        var comparison = BuildComparison.Of(SampleRecords.Of(3), SampleRecords.Of(2)) with { Images = [Images()] };
        AssertFits(ComparisonTable.Render(comparison, width), ComparisonTable.Render(comparison), width);
    }

    [Fact]
    public void a_long_name_does_not_hide_what_changed() =>
        Assert.Matches(@"~ +/?usr/share/[^ ]+… +0644 0:0 4 B  →  0644 0:0 5 B\n", ComparisonTable.Render(Images(), 80));

    [Fact]
    public void sizes_are_never_cut() =>
        Assert.Matches(@"linux/arm64 .* 48\.0 MB +50\.0 MB ", ComparisonTable.Render(Images(), 80));

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void of_platforms(int width)
    {
        var platforms = SampleRecords.Platforms.Select(platform =>
            new PlatformWeight(platform.ToString(), SampleRecords.DigestOf($"a {platform}"), 3, 40_000_000, 120_000_000, 90, 4000));
        var differences = new ParityDifference(ParityTopic.File, LongName, ["there", "there", null, "there", null]);
        var trouble = "linux/arm64: /var/lib/dpkg/status: " + string.Join(" ", Enumerable.Repeat("unreadable", 20));
        var report = new ParityReport([.. platforms], [differences], [trouble]);
        AssertFits(ParityTable.Render(report, width), ParityTable.Render(report), width);
    }

    private static ImageComparison Images() => new("store:app:1", "store:app:2",
    [
        .. SampleRecords.Platforms.Select(platform => new PlatformComparison(
            platform.ToString(), SampleRecords.DigestOf($"a {platform}"), SampleRecords.DigestOf($"b {platform}"))
        {
            CompressedA = 48_000_000,
            CompressedB = 50_000_000,
            UnpackedA = 130_000_000,
            UnpackedB = 140_000_000,
            LayersA = 4,
            LayersB = 5,
            LayersShared = 3,
            Differences = [new ImageDifference("file", LongName, "0644 0:0 4 B", "0644 0:0 5 B")],
        }),
    ]);

    private static void AssertFits(string onTerminal, string inPipe, int width)
    {
        Assert.All(onTerminal.Split('\n'), line => Assert.InRange(Cells.Width(line), 0, width));
        Assert.Contains(inPipe.Split('\n'), line => Cells.Width(line) > width);
    }
}
