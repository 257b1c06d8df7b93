using System.Collections.Immutable;
using System.Text;
using System.Text.RegularExpressions;
using Manifold.Building.Recording;
using Manifold.Oci;
using Manifold.Reporting;
using Manifold.Reporting.Pages;

namespace Manifold.Tests.Reporting;

/// <summary>One record, many renderings.</summary>
public sealed class RenderingRecords
{
    [Fact]
    public void a_record_read_again_is_written_the_same()
    {
        var json = RecordJson.Write(SampleRecords.Of(3));
        Assert.Equal(Encoding.UTF8.GetString(json), Encoding.UTF8.GetString(RecordJson.Write(RecordJson.Read(json))));
    }

    [Fact]
    public void a_record_of_a_later_version_is_refused_with_what_to_do() =>
        Assert.Contains("use a newer manifold",
            Assert.Throws<FormatException>(() => RecordJson.Read(RecordJson.Write(SampleRecords.Of(1) with { Version = 2 }))).Message);

    [Theory, InlineData("null"), InlineData("{}"), InlineData("[1"), InlineData("{\"version\":\"x\"}")]
    public void what_is_no_record_is_told_so(string json) =>
        Assert.Throws<FormatException>(() => RecordJson.Read(Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void no_text_of_a_record_is_markup_of_the_page()
    {
        var page = HtmlReport.Render(SampleRecords.Of(8, SampleRecords.Hostile));
        Assert.Contains("&lt;/script&gt;&lt;script&gt;alert(1)", page);
        Assert.DoesNotContain("<script>alert", page);
        Assert.DoesNotContain("<img", page);
        Assert.DoesNotContain("\"' onload", page);
        Assert.Single(page.Split("<script>")[1..]);
    }

    [Fact]
    public void no_text_of_a_record_turns_the_reading_direction_or_is_invisible()
    {
        const string evil = "admin\u202e\u2066\u200b\e[2J\u009b\u007f";
        foreach (var text in new[] { HtmlReport.Render(SampleRecords.Of(8, evil)), MarkdownReport.Render(SampleRecords.Of(8, evil)) })
        {
            Assert.DoesNotContain(text,
                one => one is not ('\n' or '\t') && (char.IsControl(one) || one is '\u202e' or '\u2066' or '\u200b'));
            Assert.DoesNotContain("&#x1B;", text, StringComparison.Ordinal);
            Assert.Contains("u202e", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void platforms_that_could_not_be_compared_come_with_what_compares_them()
    {
        var record = SampleRecords.Of(1);
        var page = HtmlReport.Render(record with { Components = [record.Components[0] with { Parity = null }] });
        Assert.Contains("<code>manifold verify --parity quay.io/acme/api-0:1.4</code>", page, StringComparison.Ordinal);
    }

    [Fact]
    public void the_page_names_no_address_that_a_browser_would_ask()
    {
        var page = HtmlReport.Render(SampleRecords.Of(2));
        Assert.DoesNotContain("http://", page);
        Assert.DoesNotContain("https://", page);
        Assert.DoesNotContain("url(", page);
        Assert.Contains("default-src 'none'", page);
    }

    [Fact]
    public void no_text_of_a_record_is_markup_of_the_summary()
    {
        var text = MarkdownReport.Render(SampleRecords.Of(3, SampleRecords.Hostile));
        // Within a code span nothing means anything; nothing of it closes the span.
        Assert.DoesNotContain("<img", Regex.Replace(WithoutFences(text), "`[^`\n]*`", ""));
        // Every row of a table has the columns of its heading: nothing broke out of a cell.
        foreach (var table in WithoutFences(text).Split("\n\n").Where(part => part.StartsWith('|')))
            Assert.Single(table.Trim().Split('\n')
                .Select(row => row.Replace("\\|", "", StringComparison.Ordinal).Count(one => one == '|')).Distinct());
    }

    [Fact]
    public void the_summary_says_what_people_wrote_by_hand()
    {
        var record = SampleRecords.Of(1);
        var text = MarkdownReport.Render(record);
        var platform = record.Components[0].Platforms[1];
        string[] said =
        [
            record.Components[0].Index!.Digest
                .ToString(), platform.Manifest.ToString()!, "48.0 MB", "130 MB", "5.0 s", record.Bases[1].Digest.ToString(),
            "`org.opencontainers.image.title` | api",
            "`VERSION` | `1.4`",
            "manifold verify quay.io/acme/api-0@sha256:",
            "docker run --rm --platform linux/arm64 quay.io/acme/api-0@sha256:",
            "docker pull --platform linux/ppc64le", "emulated 5.0 s",
        ];
        Assert.All(said, each => Assert.Contains(each, text));
    }

    [Fact]
    public void the_table_at_the_end_says_how_each_platform_was_made()
    {
        var record = SampleRecords.Of(1);
        var table = BuildTable.Render(record, record.Components[0], null);
        Assert.Matches(@"PLATFORM +DIGEST +SIZE +TIME +CACHED +HOW +VERIFIED", table);
        Assert.Matches(@"linux/arm/v7 +sha256:[0-9a-f]{64} +48\.0 MB +6\.0 s +1 of 3 +emulated 5\.0 s +yes", table);
    }

    [Fact]
    public void a_platform_that_another_failure_stopped_is_not_called_failed()
    {
        var record = SampleRecords.Of(7);
        var image = record.Components[6];
        var stopped = image.Platforms[0] with { Manifest = null };
        var skipped = image.Platforms[1] with { Manifest = null, Failure = "exit code 2", Optional = true };
        record = record with { Components = [image with { Platforms = [stopped, skipped, .. image.Platforms[2..]] }] };
        var table = BuildTable.Render(record);
        Assert.Matches(@"linux/amd64 +not built ", table);
        Assert.Matches(@"linux/arm64 +skipped ", table);
        Assert.Matches(@"linux/arm/v7 +sha256:", table);
    }

    [Fact]
    public void a_platform_of_an_image_that_was_refused_as_a_whole_is_called_failed()
    {
        var record = SampleRecords.Of(7);
        var image = record.Components[0] with { Failure = "refused by a check", Index = null };
        image = image with { Platforms = [.. image.Platforms.Select(platform => platform with { Manifest = null })] };
        record = record with { Components = [image] };
        Assert.All(new[] { BuildTable.Render(record), MarkdownReport.Render(record) }, text =>
        {
            Assert.Matches(@"linux/amd64[ |]+failed ", text);
            Assert.DoesNotContain("not built", text, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void forty_images_on_five_platforms_are_a_page_of_moderate_size() =>
        Assert.InRange(HtmlReport.Render(SampleRecords.Of(40)).Length, 100_000, 4_000_000);

    [Fact]
    public void a_warning_comes_with_its_mend()
    {
        var advice = ReportWarnings.Of(SampleRecords.Of(8));
        Assert.Contains(advice, warning => warning is { Component: "image-2", Mend: "write ARG TARGETARCH" });
        Assert.Contains(advice,
            warning => warning.Message.Contains("docker.io/library/debian:12 is 13 months old", StringComparison.Ordinal)
                && warning.Mend!.Contains("--pull", StringComparison.Ordinal));
        Assert.Contains(advice, warning => warning.Message.Contains("/var/cache/apt/pkgcache.bin", StringComparison.Ordinal));
    }

    [Fact]
    public void the_critical_path_goes_through_what_was_waited_for()
    {
        // a ─► c ─► d        b is long and nobody waits for it
        var steps = ImmutableArray.Create(Step(1, 0, 2), Step(2, 0, 4), Step(3, 2, 3, 1), Step(4, 3, 6, 3));
        Assert.Equal([1, 3, 4], CriticalPath.Of(steps).Select(step => step.Number));
    }

    [Fact]
    public void a_step_that_waited_for_a_processor_has_the_step_before_it_on_its_path()
    {
        var steps = ImmutableArray.Create(Step(1, 0, 3), Step(2, 3.01, 5));
        Assert.Equal([1, 2], CriticalPath.Of(steps).Select(step => step.Number));
    }

    [Fact]
    public void a_failed_build_s_path_ends_at_the_step_that_failed()
    {
        var steps = ImmutableArray.Create(Step(1, 0, 2), Step(2, 2, 3, 1) with { State = StepState.Failed }, Step(3, 2,
            3.4) with
        {
            State = StepState.Cancelled,
        });
        Assert.Equal([1, 2], CriticalPath.Of(steps).Select(step => step.Number));
    }

    [Fact]
    public void the_critical_path_goes_through_hooks_of_the_image()
    {
        // base ─► hook of api, 5 s ─► step of api        the hook of web is shorter
        var record = SampleRecords.Of(1) with
        {
            Steps = [Step(1, 0, 2) with { Component = "base" }, Step(2, 7, 9) with { Component = "api" }, Step(3, 3,
                4) with
            {
                Component = "web",
            }],
            Phases = [new RecordedPhase("plan", "", 0, 0.1), new RecordedPhase("make api", "api", 2, 7), new RecordedPhase("make web",
                "web", 2, 3)],
        };
        Assert.Equal(["base: RUN x", "api: make api", "api: RUN x"], CriticalPath.Of(record).Select(step =>
            $"{step.Component}: {step.Name}"));
        Assert.Contains("class=\"bar hook critical\"", HtmlReport.Render(record), StringComparison.Ordinal);
    }

    [Fact]
    public void the_counts_of_all_renderings_are_those_of_the_states()
    {
        var record = SampleRecords.Of(8); // the seventh failed
        record = record with
        {
            Components = [.. record.Components.Select((image, i) => i < 5 ? image : image with
            {
                Index = null,
                Published = false,
            }) ],
            Steps = [.. record.Steps.Where(step => step.Component != "image-7")],
        };
        const string counts = "5 built, 1 failed, 1 stopped, 1 not started";
        Assert.All(new[] { HtmlReport.Render(record), MarkdownReport.Render(record), TextReport.Render(record) }, text =>
            Assert.Contains(counts, text, StringComparison.Ordinal));
        Assert.Equal($"8 images: {counts}", ImageStates.Summary(record));
        Assert.Equal("7 images", ImageStates.Summary(record with
        {
            Components = [.. SampleRecords.Of(9).Components.Where(image =>
                image.Failure is null).Take(7)],
        }));
    }

    [Theory]
    [InlineData(".", null, "20260126-023821-4f1c"), InlineData(".", "shop", "shop"), InlineData("shop/manifold.yaml", null, "shop"),
        InlineData("manifold.yaml", null, "manifold.yaml"), InlineData("../..", null, "20260126-023821-4f1c")]
    public void the_title_of_a_project_is_a_name_never_a_dot(string file, string? project, string title) =>
        Assert.Equal(title, (SampleRecords.Of(2) with { File = file, Project = project }).Title);

    [Fact]
    public void the_title_of_a_single_image_is_its_tag_its_name_or_its_project()
    {
        var record = SampleRecords.Of(1) with { Project = "shop" };
        var image = record.Components[0];
        Assert.Equal("quay.io/acme/api-0:1.4", record.Title);
        Assert.Equal("web", Of(image with { Tags = [], Name = "web" }).Title);
        Assert.Equal("api", Of(image with { Tags = [] }).Title);
        Assert.Equal("shop", Of(image with { Tags = [], Labels = image.Labels.Clear() }).Title);

        BuildRecord Of(RecordedComponent only) => record with { Components = [only] };
    }

    [Fact]
    public void a_hook_is_shown_with_its_image()
    {
        var record = SampleRecords.Of(2);
        record = record with { Phases = [.. record.Phases, new RecordedPhase("./generate.sh", "image-1", 0, 7)] };
        Assert.Equal(record.Components[1].Platforms.Max(platform => platform.Seconds) + 7, record.SecondsOf(record.Components[1]));
        var (page, markdown) = (HtmlReport.Render(record), MarkdownReport.Render(record));
        Assert.Contains("./generate.sh", page[page.IndexOf("id=\"image-1\"", StringComparison.Ordinal)..], StringComparison.Ordinal);
        Assert.DoesNotContain("./generate.sh", Between(page, "id=\"image-0\"", "id=\"image-1\""), StringComparison.Ordinal);
        Assert.Contains("`./generate.sh`", markdown, StringComparison.Ordinal);
    }

    private static string Between(string text, string from, string to)
    {
        var begin = text.IndexOf(from, StringComparison.Ordinal);
        var end = text.IndexOf(to, begin, StringComparison.Ordinal);
        Assert.True(0 <= begin && begin < end, $"{from} and {to} are not in the page, in this order.");
        return text[begin..end];
    }

    private static RecordedStep Step(int number, double begin, double end, params int[] needs) => new()
    {
        Number = number,
        Name = "RUN x",
        Stage = "",
        Platform = Platform.Host,
        For = [Platform.Host],
        Kind = "run",
        State = StepState.Done,
        Begin = begin,
        End = end,
        Seconds = end - begin,
        Needs = [.. needs],
    };

    private static string WithoutFences(string text) => string.Concat(text.Split("```").Where((_, i) => i % 2 == 0));
}
