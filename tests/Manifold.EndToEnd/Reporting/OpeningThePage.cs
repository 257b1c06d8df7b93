using System.Runtime.CompilerServices;
using Manifold.Building.Recording;
using Manifold.Reporting.Pages;

namespace Manifold.EndToEnd.Reporting;

/// <summary>The page in Debian's Chromium, driven by Playwright: light and dark, wide and narrow, unfolded.</summary>
public sealed class OpeningThePage : IDisposable
{
    private static readonly string Playwright = Environment.GetEnvironmentVariable("MANIFOLD_TEST_PLAYWRIGHT")
        ?? "/var/tmp/manifold-bench/playwright";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public Task of_one_image_shows_every_chart_without_an_error_or_a_request() => Opens(SampleRecords.Of(1));

    [Fact]
    public Task of_forty_images_on_five_platforms_does_too() => Opens(SampleRecords.Of(40));

    [Fact]
    public Task of_a_build_on_other_machines_does_too() => Opens(SampleRecords.OnNodes(SampleRecords.Of(2)));

    [Fact]
    public Task of_names_that_mean_harm_does_nothing_that_they_say() => Opens(SampleRecords.Of(8, SampleRecords.Hostile));

    [Fact]
    public Task of_a_build_that_failed_early_is_a_page_too() => Opens(SampleRecords.Of(1) with
    {
        Steps = SampleRecords.Of(1).Steps[..1],
        Transfers = [],
        Bases = [],
        Outcome = BuildOutcome.Failed,
        Failure = "no",
    });

    [Fact]
    public Task of_two_builds_that_differ_is_as_readable() =>
        Opens(ReproducibilityPage.Render(SampleTwoBuilds.Report, "shop/manifold.yaml", "manifold 1.0"));

    private Task Opens(BuildRecord record) => Opens(HtmlReport.Render(record));

    private async Task Opens(string html)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/chromium"), "Chromium is not installed here; test.sh installs it.");
        Assert.SkipUnless(Directory.Exists(Path.Combine(Playwright, "node_modules", "playwright-core")),
            $"Playwright is not in {Playwright}; test.sh installs it.");
        var page = folder.Write("report.html", html);
        Assert.Equal("",
            await Tool.Run("timeout", "120", "node", Path.Combine(Path.GetDirectoryName(Source())!, "open-page.mjs"), Playwright, page));
    }

    private static string Source([CallerFilePath] string path = "") => path;
}
