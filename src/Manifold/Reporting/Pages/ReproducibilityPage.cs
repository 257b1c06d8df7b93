using System.Globalization;
using Manifold.Verification.Reproducibility;

namespace Manifold.Reporting.Pages;

/// <summary>
/// The result of building twice as one HTML file:
/// each platform's digests, then the differences by the step that made them.
/// </summary>
internal static class ReproducibilityPage
{
    private const string AboutSteps =
        "Grouped by the step that made them, in build order. Start with the first step. It might cause the later differences.";

    public static string Render(ReproducibilityReport report, string title, string tool) =>
        PageFrame.Render($"{title} · reproducibility report", Html.Of($"""
        {Head(report, title)}
        {Builds(report)}
        {Pieces.Section("Images", "", Pieces.Table(["image", "platform", "first build", "second build"], report.Images.SelectMany(Image)))}
        {Pieces.Section("Differences", report.Steps.IsEmpty ? "" : AboutSteps, Html.Join(report.Steps.Select(Step)))}
        {Pieces.Section("Differences in configurations", "", report.Configs.IsEmpty ? Html.Empty : Pieces.Table(["image", "value", "first build", "second build", "probable cause and fix"], report.Configs.Select(Config)))}
        """), $"{tool} · bake --verify-reproducible");

    private static Html Head(ReproducibilityReport report, string title)
    {
        var same = report.Images.Count(image => image.IsSame);
        return Html.Of($"""
            <header>
            <p class="eyebrow"><span class="outcome {(report.IsReproducible ? "succeeded" : "failed")}">{(report.IsReproducible ? "Reproducible" : "Not reproducible")}</span> <time datetime="{report.First.Began.UtcDateTime.ToString("O")}">{report.First.Began.UtcDateTime.ToString("d MMMM yyyy, HH:mm", CultureInfo.InvariantCulture)} UTC</time></p>
            <h1>{title}</h1>
            <dl class="figures"><div><dt>images</dt><dd>{report.Images.Length}</dd></div><div><dt>reproducible</dt><dd>{same}</dd></div><div><dt>steps with differences</dt><dd>{report.Steps.Length}</dd></div></dl>
            </header>

            """);
    }

    /// <summary>The conditions of each build, and how long it took.</summary>
    private static Html Builds(ReproducibilityReport report)
    {
        var longest = Math.Max(report.First.Duration.TotalSeconds, report.Second.Duration.TotalSeconds);
        return Pieces.Section("Builds",
            "Both ran on this machine, without a cache, from the same base images. The conditions differ on purpose.", Html.Of($"""
            <div class="sizes">{Bar("first", report.First, longest)}{Bar("second", report.Second, longest)}</div>
            {Pieces.Table(["build", "started", "folder", "parallelism", "time zone"], [Conditions("first", report.First), Conditions("second", report.Second)])}
            """));
    }

    private static Html Bar(string name, BuildConditions build, double longest) => Html.Of($"""
        <div class="size"><div class="who">{name}</div><svg class="chart" height="10" role="img" aria-label="time of the {name} build"><rect class="layer own" x="0" y="0" width="{100 * build.Duration.TotalSeconds / Math.Max(0.001, longest)}%" height="10"/></svg><div class="number">{Pieces.Seconds(build.Duration.TotalSeconds)}</div></div>

        """);

    private static Html Conditions(string name, BuildConditions build) => Html.Of($"""
        <tr><th scope="row">{name}</th><td>{build.Began.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture)} UTC</td><td class="prose"><code>{build.Folder}</code></td><td>{ReproducibilityText.Jobs(build)}</td><td>{(build.TimeZone is { } zone ? Html.Of($"<code>TZ={zone}</code>") : Html.Of($"<span class=\"muted\">unchanged</span>"))}</td></tr>

        """);

    private static IEnumerable<Html> Image(ReproducedImage image) => image.Platforms.Select((platform, i) => Html.Of($"""
        <tr><th scope="row">{(i == 0 ? image.Name : "")}{(i == 0 && !image.Below.IsEmpty ? Html.Of($"<br><span class=\"muted\">based on {string.Join(", ", image.Below)}, which differs</span>") : Html.Empty)}</th><td>{platform.Platform.ToString()}</td><td>{Pieces.Digest(platform.First)}</td><td>{(platform.IsSame ? Html.Of($"<span class=\"good\">identical</span>") : Html.Of($"<span class=\"bad\">{Pieces.Digest(platform.Second)}</span>"))}</td></tr>

        """));

    private static Html Step(StepDifference step) => Html.Of($"""
        <h3>{step.Image} <span class="muted">{string.Join(", ", step.Platforms)}</span></h3>
        <p class="note"><code>{step.Name}</code> ({step.Place}){(step.StandsOnDifferences ? ". Its base already differs. Fix the base first." : "")}</p>
        {Files(step)}{(step.More > 0 ? Html.Of($"<p class=\"note\">{step.More} more files differ.</p>") : Html.Empty)}

        """);

    private static Html Files(StepDifference step) => step.Files is not { } files
        ? Html.Of($"<p class=\"note\">The layers differ, but their files are no longer in the store.</p>")
        : Pieces.Table(["file", "difference", "first build", "second build", "probable cause and fix"], files.Select(File));

    private static Html File(FileDifference file) => Html.Of($"""
        <tr><th scope="row" class="prose"><code>/{file.Path}</code>{(file.Hook is { } hook ? Html.Of($"<br><span class=\"muted\">made by the hook {hook}</span>") : Html.Empty)}</th><td class="prose">{ReproducibilityText.What(file)}</td>
        <td class="prose">{Side(file, file.Content?.First, attribute => attribute.First)}</td><td class="prose">{Side(file, file.Content?.Second, attribute => attribute.Second)}</td><td class="prose">{file.Cause.Text}<br><span class="muted">{file.Cause.Mend}</span></td></tr>

        """);

    private static Html Side(FileDifference file, string? content, Func<AttributeDifference, string> value) => Html.Of($"""
        {(content is null ? Html.Empty : Html.Of($"<code>{content}</code>"))}{file.Attributes.Select(attribute => Html.Of($"<div><span class=\"muted\">{attribute.Name}</span> {value(attribute)}</div>"))}
        """);

    private static Html Config(ConfigDifference config) => Html.Of($"""
        <tr><th scope="row">{config.Image}{(config.Platform is { } platform ? Html.Of($"<br><span class=\"muted\">{platform.ToString()}</span>") : Html.Empty)}</th><td class="prose"><code>{config.Path}</code></td><td class="prose">{config.First ?? "(missing)"}</td><td class="prose">{config.Second ?? "(missing)"}</td><td class="prose">{config.Cause.Text}<br><span class="muted">{config.Cause.Mend}</span></td></tr>

        """);
}
