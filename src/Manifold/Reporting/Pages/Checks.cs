using System.Globalization;
using Manifold.Reporting.Records;

namespace Manifold.Reporting.Pages;

/// <summary>What was looked at: does it start, are the platforms the same, is something carried in vain.</summary>
internal static class Checks
{
    public static Html Render(RecordedComponent image) => Html.Of($"""
        {Verification(image)}
        {Parity(image)}
        {Waste(image)}
        """);

    private static Html Verification(RecordedComponent image)
    {
        if (image.Platforms.All(platform => !platform.Verified))
            return image.Index is null ? Html.Empty : Pieces.Section("Verification", "Nothing was looked at: --verify off.", Html.Of($"<p></p>"));
        var findings = image.Platforms.SelectMany(platform => platform.Findings.Select(finding => Finding(platform, finding))).ToList();
        var runs = image.Platforms.Where(platform => platform.Run is not null).Select(platform => Run(platform, platform.Run!)).ToList();
        var note = findings.Count == 0 ? $"Each of the {Units.Count(image.Platforms.Count(platform => platform.Verified), "platform")} was followed from its entrypoint to loader and libraries: nothing to say." : "";
        return Pieces.Section("Verification", note, Html.Of($"""
            {(findings.Count > 0 ? Pieces.Table(["platform", "", "finding", "what to do"], findings) : Html.Empty)}
            {(runs.Count > 0 ? Pieces.Table(["platform", "started with", "#exit code", "#time", "what it printed"], runs) : Html.Empty)}<span></span>
            """));
    }

    private static Html Finding(RecordedPlatform platform, RecordedFinding finding) => Html.Of($"""
        <tr><th scope="row">{platform.Platform.ToString()}</th><td><span class="{(finding.Severity == "error" ? "bad" : finding.Severity == "warning" ? "odd" : "muted")}">{finding.Severity}</span></td><td>{finding.Message} <span class="muted">{finding.Id}{(finding.Place is { } place ? ", " + place : "")}</span>{(finding.Cause is { } cause ? Html.Of($"<br><span class=\"muted\">probably {cause}</span>") : Html.Empty)}</td><td>{finding.Mend}</td></tr>

        """);

    private static Html Run(RecordedPlatform platform, RecordedRun run) => Html.Of($"""
        <tr><th scope="row">{platform.Platform.ToString()}</th><td><code>{run.Command}</code>{(run.Emulated ? " emulated" : "")}</td><td class="number {(run.ExitCode == 0 ? "good" : "bad")}">{run.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "none"}</td><td class="number">{Pieces.Seconds(run.Seconds)}</td><td><pre>{string.Join('\n', run.Lines)}</pre></td></tr>

        """);

    private static Html Parity(RecordedComponent image)
    {
        if (image.Parity is not { } parity)
            return image.Platforms.Count(platform => platform.Manifest is not null) < 2 ? Html.Empty
                : Pieces.Section("Parity", "Not compared: not every layer of the bases was needed, and they are not in the store. This fetches them and compares:", ParityCommand(image));
        var note = parity.Count == 0 ? "The platforms have the same packages, files and configuration." : $"{Units.Count(parity.Count, "difference")} between the platforms{(parity.Count > parity.Differences.Length ? $"; the first {parity.Differences.Length}" : "")}.";
        return Pieces.Section("Parity", note, Html.Of($"""
            {(parity.Count == 0 ? Html.Empty : Pieces.Table(["what", "name", .. parity.Platforms], parity.Differences.Select(Difference)))}
            {parity.Unreadable.Select(trouble => Html.Of($"<p class=\"note\">not read: {trouble}</p>"))}{(parity.Unreadable.IsEmpty ? Html.Empty : ParityCommand(image))}<span></span>
            """));
    }

    /// <summary>What shows all of it: layers that are not here are fetched.</summary>
    private static Html ParityCommand(RecordedComponent image) => image.Tags.IsEmpty ? Html.Empty
        : $"manifold verify --parity {(image.Published ? "" : "store:")}{image.Tags[0]}" is var command ? Html.Of($"<p><code>{command}</code>{Pieces.Copy(command)}</p>") : Html.Empty;

    private static Html Difference(RecordedDifference difference) => Html.Of($"""
        <tr><td class="muted">{difference.Topic}</td><th scope="row"><code>{difference.Name}</code></th>{difference.Values.Select(value => value is null ? Html.Of($"<td class=\"muted\">–</td>") : Html.Of($"<td>{value}</td>"))}</tr>

        """);

    private static Html Waste(RecordedComponent image)
    {
        var wasting = image.Platforms.Where(platform => platform.WastedBytes > 0).ToList();
        if (wasting.Count == 0)
            return Html.Empty;
        // Platforms mostly waste the same files: each is told once.
        var files = wasting.SelectMany(platform => platform.Waste.Select(file => (platform.Platform, File: file))).GroupBy(each => each.File.Path)
            .OrderByDescending(same => same.Max(each => each.File.Bytes)).Take(12);
        return Pieces.Section("Wasted bytes", "Files that a later layer replaces or deletes: everybody pulls them, nobody sees them.", Html.Of($"""
            <div class="sizes">{wasting.Select(Bar)}</div>
            {Pieces.Table(["file", "#bytes", "what", "platforms"], files.Select(same => File(same.Key, same.First().File, string.Join(", ", same.Select(each => each.Platform)))))}
            """));
    }

    private static Html Bar(RecordedPlatform platform) => Html.Of($"""
        <div class="size"><div class="who">{platform.Platform.ToString()}</div><svg class="chart" height="10" role="img" aria-label="wasted bytes of {platform.Platform.ToString()}"><rect class="layer base" x="0" y="0" width="100%" height="10"/><rect class="layer wasted" x="0" y="0" width="{100.0 * platform.WastedBytes!.Value / Math.Max(1, platform.UncompressedBytes ?? platform.WastedBytes.Value)}%" height="10"/></svg><div class="number">{Units.Bytes(platform.WastedBytes.Value)} of {Pieces.Bytes(platform.UncompressedBytes)}</div></div>

        """);

    private static Html File(string path, RecordedWaste file, string platforms) => Html.Of($"""
        <tr><th scope="row"><code>{path}</code></th><td class="number">{Units.Bytes(file.Bytes)}</td><td>layer {file.Layer}, {(file.Deleted ? "deleted" : "replaced")} by layer {file.By}</td><td class="muted">{platforms}</td></tr>

        """);
}
