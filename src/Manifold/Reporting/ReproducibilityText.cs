using System.Globalization;
using System.Text;
using Manifold.Oci;
using Manifold.Verification.Reproducibility;

namespace Manifold.Reporting;

/// <summary>What came of building twice, in words: each platform's digests, then what differs, by the step that made it.</summary>
public static class ReproducibilityText
{
    public static string Render(ReproducibilityReport report)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"built twice from nothing: at {report.First.Began:HH:mm:ss} in {report.First.Folder} with {Jobs(report.First)} in {Units.Duration(report.First.Duration)},\n");
        text.Append(CultureInfo.InvariantCulture, $"and at {report.Second.Began:HH:mm:ss} in a copy elsewhere with {Jobs(report.Second)} in {Units.Duration(report.Second.Duration)}{(report.Second.TimeZone is { } zone ? $", clocks set to TZ={zone}" : "")}\n\n");
        text.Append(BuildTable.Columns([["IMAGE", "PLATFORM", "FIRST", "SECOND"], .. report.Images.SelectMany(Rows)]));
        foreach (var step in report.Steps)
            Append(text, step);
        foreach (var image in report.Configs.GroupBy(config => config.Image))
            Append(text, image);
        foreach (var image in report.Images.Where(image => !image.Below.IsEmpty))
            text.Append(CultureInfo.InvariantCulture, $"\n{image.Name} stands on {string.Join(", ", image.Below)}, which differs\n");
        var same = report.Images.Count(image => image.IsSame);
        text.Append(CultureInfo.InvariantCulture, $"\n{same} of {report.Images.Length} {(report.Images.Length == 1 ? "image is" : "images are")} reproducible\n");
        return text.ToString();
    }

    internal static string Jobs(BuildConditions build) => build.Jobs == 1 ? "one RUN at a time" : $"up to {build.Jobs} RUNs at a time";

    private static IEnumerable<string[]> Rows(ReproducedImage image) => image.Platforms.Select((platform, i) => new[]
    {
        i == 0 ? image.Name : "", platform.Platform.ToString(), Text(platform.First), platform.IsSame ? "the same" : Text(platform.Second),
    });

    private static string Text(Digest? digest) => digest?.ToString() ?? "(not built)";

    private static void Append(StringBuilder text, StepDifference step)
    {
        text.Append(CultureInfo.InvariantCulture, $"\n{step.Image} ({string.Join(", ", step.Platforms)}): {step.Name} ({step.Place})\n");
        if (step.StandsOnDifferences)
            text.Append("  what it stands on differs already; look above first\n");
        if (step.Files is not { } files)
        {
            text.Append("  made another layer, whose files are not kept\n");
            return;
        }
        foreach (var file in files)
            Append(text, file);
        if (step.More > 0)
            text.Append(CultureInfo.InvariantCulture, $"  and {step.More} more\n");
    }

    private static void Append(StringBuilder text, FileDifference file)
    {
        text.Append(CultureInfo.InvariantCulture, $"  /{file.Path}: {What(file)}\n");
        if (file.Content is { } content)
            text.Append(CultureInfo.InvariantCulture, $"    first   {content.First}\n    second  {content.Second}\n");
        foreach (var attribute in file.Attributes)
            text.Append(CultureInfo.InvariantCulture, $"    {attribute.Name}: first {attribute.First}, second {attribute.Second}\n");
        if (file.Hook is not null)
            text.Append(CultureInfo.InvariantCulture, $"    made by the hook: {file.Hook}\n");
        text.Append(CultureInfo.InvariantCulture, $"    likely cause: {file.Cause.Text}\n    mend: {file.Cause.Mend}\n");
    }

    internal static string What(FileDifference file) => file.Change switch
    {
        FileChange.OnlyFirst => "only the first time",
        FileChange.OnlySecond => "only the second time",
        _ when file.Content is { Inside: { } inside } content => string.Create(CultureInfo.InvariantCulture, $"content, in {inside} from byte {content.Offset}"),
        _ when file.Content is { } content => string.Create(CultureInfo.InvariantCulture, $"content, from byte {content.Offset}"),
        _ => file.Attributes.IsEmpty ? "content" : string.Join(", ", file.Attributes.Select(attribute => attribute.Name)),
    };

    private static void Append(StringBuilder text, IGrouping<string, ConfigDifference> image)
    {
        foreach (var config in image.GroupBy(each => (each.Path, each.First, each.Second)))
        {
            var platforms = string.Join(", ", config.Select(each => each.Platform?.ToString()).OfType<string>());
            text.Append(CultureInfo.InvariantCulture, $"\n{image.Key}{(platforms.Length > 0 ? $" ({platforms})" : "")}: {config.Key.Path}\n    first   {config.Key.First ?? "(not there)"}\n    second  {config.Key.Second ?? "(not there)"}\n");
            text.Append(CultureInfo.InvariantCulture, $"    likely cause: {config.First().Cause.Text}\n    mend: {config.First().Cause.Mend}\n");
        }
    }
}
