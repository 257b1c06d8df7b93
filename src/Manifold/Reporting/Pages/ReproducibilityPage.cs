using System.Globalization;
using Manifold.Verification.Reproducibility;

namespace Manifold.Reporting.Pages;

/// <summary>What came of building twice as one HTML file: each platform's digests, then what differs, by the step that made it.</summary>
public static class ReproducibilityPage
{
    public static string Render(ReproducibilityReport report, string title, string tool) => PageFrame.Render($"{title} · built twice", Html.Of($"""
        {Head(report, title)}
        {Builds(report)}
        {Pieces.Section("Images", "", Pieces.Table(["image", "platform", "first", "second"], report.Images.SelectMany(Image)))}
        {Pieces.Section("What differs", report.Steps.IsEmpty ? "" : "By the step that made it, in the order of the build. Mend the first one first.", Html.Join(report.Steps.Select(Step)))}
        {Pieces.Section("Configurations that differ", "", report.Configs.IsEmpty ? Html.Empty : Pieces.Table(["image", "value", "first", "second", "likely cause, and its mend"], report.Configs.Select(Config)))}
        """), $"{tool} · bake --verify-reproducible");

    private static Html Head(ReproducibilityReport report, string title)
    {
        var same = report.Images.Count(image => image.IsSame);
        return Html.Of($"""
            <header>
            <p class="eyebrow"><span class="outcome {(report.IsReproducible ? "succeeded" : "failed")}">{(report.IsReproducible ? "Reproducible" : "Not reproducible")}</span> <time datetime="{report.First.Began.UtcDateTime.ToString("O")}">{report.First.Began.UtcDateTime.ToString("d MMMM yyyy, HH:mm", CultureInfo.InvariantCulture)} UTC</time></p>
            <h1>{title}</h1>
            <dl class="figures"><div><dt>images</dt><dd>{report.Images.Length}</dd></div><div><dt>the same twice</dt><dd>{same}</dd></div><div><dt>steps that differ</dt><dd>{report.Steps.Length}</dd></div></dl>
            </header>

            """);
    }

    /// <summary>Under what each was made, and how long it took.</summary>
    private static Html Builds(ReproducibilityReport report)
    {
        var longest = Math.Max(report.First.Duration.TotalSeconds, report.Second.Duration.TotalSeconds);
        return Pieces.Section("The two builds", "Both from nothing, on this machine, from the same outside images.", Html.Of($"""
            <div class="sizes">{Bar("first", report.First, longest)}{Bar("second", report.Second, longest)}</div>
            {Pieces.Table(["", "began", "where", "at a time", "time zone"], [Conditions("first", report.First), Conditions("second", report.Second)])}
            """));
    }

    private static Html Bar(string name, BuildConditions build, double longest) => Html.Of($"""
        <div class="size"><div class="who">{name}</div><svg class="chart" height="10" role="img" aria-label="time of the {name} build"><rect class="layer own" x="0" y="0" width="{100 * build.Duration.TotalSeconds / Math.Max(0.001, longest)}%" height="10"/></svg><div class="number">{Pieces.Seconds(build.Duration.TotalSeconds)}</div></div>

        """);

    private static Html Conditions(string name, BuildConditions build) => Html.Of($"""
        <tr><th scope="row">{name}</th><td>{build.Began.UtcDateTime.ToString("HH:mm:ss", CultureInfo.InvariantCulture)} UTC</td><td><code>{build.Folder}</code></td><td>{ReproducibilityText.Jobs(build)}</td><td>{(build.TimeZone is { } zone ? Html.Of($"<code>TZ={zone}</code>") : Html.Of($"<span class=\"muted\">each image's own</span>"))}</td></tr>

        """);

    private static IEnumerable<Html> Image(ReproducedImage image) => image.Platforms.Select((platform, i) => Html.Of($"""
        <tr><th scope="row">{(i == 0 ? image.Name : "")}{(i == 0 && !image.Below.IsEmpty ? Html.Of($"<br><span class=\"muted\">stands on {string.Join(", ", image.Below)}, which differs</span>") : Html.Empty)}</th><td>{platform.Platform.ToString()}</td><td>{Pieces.Digest(platform.First)}</td><td>{(platform.IsSame ? Html.Of($"<span class=\"good\">the same</span>") : Html.Of($"<span class=\"bad\">{Pieces.Digest(platform.Second)}</span>"))}</td></tr>

        """));

    private static Html Step(StepDifference step) => Html.Of($"""
        <h3>{step.Image} <span class="muted">{string.Join(", ", step.Platforms)}</span></h3>
        <p class="note"><code>{step.Name}</code> ({step.Place}){(step.StandsOnDifferences ? "; what it stands on differs already, look above first" : "")}</p>
        {Files(step)}{(step.More > 0 ? Html.Of($"<p class=\"note\">and {step.More} more</p>") : Html.Empty)}

        """);

    private static Html Files(StepDifference step) => step.Files is not { } files ? Html.Of($"<p class=\"note\">It made another layer, whose files are not kept.</p>")
        : Pieces.Table(["file", "what", "first", "second", "likely cause, and its mend"], files.Select(File));

    private static Html File(FileDifference file) => Html.Of($"""
        <tr><th scope="row"><code>/{file.Path}</code>{(file.Hook is { } hook ? Html.Of($"<br><span class=\"muted\">made by the hook: {hook}</span>") : Html.Empty)}</th><td>{ReproducibilityText.What(file)}</td>
        <td>{Side(file, file.Content?.First, attribute => attribute.First)}</td><td>{Side(file, file.Content?.Second, attribute => attribute.Second)}</td><td>{file.Cause.Text}<br><span class="muted">{file.Cause.Mend}</span></td></tr>

        """);

    private static Html Side(FileDifference file, string? content, Func<AttributeDifference, string> value) => Html.Of($"""
        {(content is null ? Html.Empty : Html.Of($"<code>{content}</code>"))}{file.Attributes.Select(attribute => Html.Of($"<div><span class=\"muted\">{attribute.Name}</span> {value(attribute)}</div>"))}
        """);

    private static Html Config(ConfigDifference config) => Html.Of($"""
        <tr><th scope="row">{config.Image}{(config.Platform is { } platform ? Html.Of($"<br><span class=\"muted\">{platform.ToString()}</span>") : Html.Empty)}</th><td><code>{config.Path}</code></td><td>{config.First ?? "(not there)"}</td><td>{config.Second ?? "(not there)"}</td><td>{config.Cause.Text}<br><span class="muted">{config.Cause.Mend}</span></td></tr>

        """);
}
