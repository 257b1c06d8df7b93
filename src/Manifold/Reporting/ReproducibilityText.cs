using System.Globalization;
using System.Text;
using Manifold.Oci;
using Manifold.Text;
using Manifold.Verification.Reproducibility;

namespace Manifold.Reporting;

/// <summary>The result of building twice as text: each platform's digests, then the differences by the step that made them.</summary>
internal static class ReproducibilityText
{
    public static string Render(ReproducibilityReport report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture,
            $"Built twice without a cache:\n  first   {Conditions(report.First)}\n  second  {Conditions(report.Second)}\n\n");
        text.Append(BuildTable.Columns([["IMAGE", "PLATFORM", "FIRST", "SECOND"], .. report.Images.SelectMany(Rows)]));
        foreach (var step in report.Steps)
            Append(text, step);
        foreach (var image in report.Configs.GroupBy(config => config.Image))
            Append(text, image);
        foreach (var image in report.Images.Where(image => !image.Below.IsEmpty))
            text.Append(CultureInfo.InvariantCulture, $"\n{image.Name} is based on {string.Join(", ", image.Below)}, which differs\n");
        var same = report.Images.Count(image => image.IsSame);
        text.Append(CultureInfo.InvariantCulture,
            $"\n{same} of {report.Images.Length} {(report.Images.Length == 1 ? "image is" : "images are")} reproducible\n");
        return text.ToString();
    }

    private static string Conditions(BuildConditions build) =>
        string.Create(CultureInfo.InvariantCulture,
            $"{build.Began:HH:mm:ss}, in {build.Folder}, {Jobs(build)}, took {Amounts.Duration(build.Duration)}")
        + (build.TimeZone is { } zone ? $", TZ={zone}" : "");

    internal static string Jobs(BuildConditions build) => build.Jobs == 1 ? "one RUN at a time" : $"up to {build.Jobs} RUNs at a time";

    private static IEnumerable<string[]> Rows(ReproducedImage image) => image.Platforms.Select((platform, i) => new[]
    {
        i == 0 ? image.Name : "", platform.Platform.ToString(), Text(platform.First), platform.IsSame ? "identical" : Text(platform.Second),
    });

    private static string Text(Digest? digest) => digest?.ToString() ?? "(not built)";

    private static void Append(StringBuilder text, StepDifference step)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n{step.Image} ({string.Join(", ", step.Platforms)}): {step.Name} ({step.Place})\n");
        if (step.StandsOnDifferences)
            text.Append("  its base already differs: fix the base first\n");
        if (step.Files is not { } files)
        {
            text.Append("  the layers differ, but their files are no longer in the store\n");
            return;
        }
        foreach (var file in files)
            Append(text, file);
        if (step.More > 0)
            text.Append(CultureInfo.InvariantCulture, $"  {step.More} more files differ\n");
    }

    private static void Append(StringBuilder text, FileDifference file)
    {
        text.Append(CultureInfo.InvariantCulture, $"  /{file.Path}: {What(file)}\n");
        if (file.Content is { } content)
            text.Append(CultureInfo.InvariantCulture, $"    first   {content.First}\n    second  {content.Second}\n");
        foreach (var attribute in file.Attributes)
            text.Append(CultureInfo.InvariantCulture, $"    {attribute.Name}: first {attribute.First}, second {attribute.Second}\n");
        if (file.Hook is not null)
            text.Append(CultureInfo.InvariantCulture, $"    made by the hook {file.Hook}\n");
        text.Append(CultureInfo.InvariantCulture, $"    probable cause: {file.Cause.Text}\n    fix: {file.Cause.Mend}\n");
    }

    internal static string What(FileDifference file) => file.Change switch
    {
        FileChange.OnlyFirst => "only in the first build",
        FileChange.OnlySecond => "only in the second build",
        _ when file.Content is { Inside: { } inside } content =>
            string.Create(CultureInfo.InvariantCulture, $"content, in {inside} from byte {content.Offset}"),
        _ when file.Content is { } content => string.Create(CultureInfo.InvariantCulture, $"content, from byte {content.Offset}"),
        _ => file.Attributes.IsEmpty ? "content" : string.Join(", ", file.Attributes.Select(attribute => attribute.Name)),
    };

    private static void Append(StringBuilder text, IGrouping<string, ConfigDifference> image)
    {
        foreach (var config in image.GroupBy(each => (each.Path, each.First, each.Second)))
        {
            var platforms = string.Join(", ", config.Select(each => each.Platform?.ToString()).OfType<string>());
            text.Append(CultureInfo.InvariantCulture, $"\n{image.Key}{(platforms.Length > 0 ? $" ({platforms})" : "")}: {config.Key.Path}\n"
                + $"    first   {config.Key.First ?? "(missing)"}\n    second  {config.Key.Second ?? "(missing)"}\n");
            text.Append(CultureInfo.InvariantCulture,
                $"    probable cause: {config.First().Cause.Text}\n    fix: {config.First().Cause.Mend}\n");
        }
    }
}
