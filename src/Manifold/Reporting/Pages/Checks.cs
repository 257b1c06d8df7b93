using System.Globalization;
using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>The results of the checks: verification, parity of the platforms, and wasted bytes.</summary>
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
            return image.Index is null ? Html.Empty : Pieces.Section("Verification", "Verification was off (--verify off).", Html.Empty);
        var findings = image.Platforms.SelectMany(platform => platform.Findings.Select(finding => Finding(platform, finding))).ToList();
        var runs = image.Platforms.Where(platform => platform.Run is not null).Select(platform => Run(platform, platform.Run!)).ToList();
        var note = findings.Count > 0 ? ""
            : "Checked the entrypoint, loader, and libraries of "
            + $"{Amounts.Count(image.Platforms.Count(platform => platform.Verified), "platform")}. No problems found.";
        return Pieces.Section("Verification", note, Html.Of($"""
            {(findings.Count > 0 ? Pieces.Table(["platform", "severity", "finding", "how to fix it"], findings) : Html.Empty)}
            {(runs.Count > 0 ? Pieces.Table(["platform", "command", "#exit code", "#time", "output"], runs) : Html.Empty)}
            """));
    }

    private static Html Finding(RecordedPlatform platform, RecordedFinding finding) => Html.Of($"""
        <tr><th scope="row">{platform.Platform.ToString()}</th><td><span class="{(finding.Severity == "error" ? "bad" : finding.Severity == "warning" ? "odd" : "muted")}">{finding.Severity}</span></td><td class="prose">{finding.Message} <span class="muted">{finding.Id}{(finding.Place is { } place ? ", " + place : "")}</span>{(finding.Cause is { } cause ? Html.Of($"<br><span class=\"muted\">Probable cause: {cause}</span>") : Html.Empty)}</td><td class="prose">{finding.Mend}</td></tr>

        """);

    private static Html Run(RecordedPlatform platform, RecordedRun run) => Html.Of($"""
        <tr><th scope="row">{platform.Platform.ToString()}</th><td class="prose"><code>{run.Command}</code>{(run.Emulated ? " (emulated)" : "")}</td><td class="number {(run.ExitCode == 0 ? "good" : "bad")}">{run.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "timed out"}</td><td class="number">{Pieces.Seconds(run.Seconds)}</td><td class="prose"><pre>{string.Join('\n', run.Lines)}</pre></td></tr>

        """);

    private static Html Parity(RecordedComponent image)
    {
        if (image.Parity is not { } parity)
            return image.Platforms.Count(platform => platform.Manifest is not null) < 2 ? Html.Empty
                : Pieces.Section("Parity", "The platforms were not compared, because some layers of the base images are not in the store. "
                + "To pull them and compare, run:", ParityCommand(image));
        var note = parity.Count == 0 ? "The platforms have the same packages, files, and configuration."
            : $"{Amounts.Count(parity.Count, "difference")} between the "
            + $"platforms{(parity.Count > parity.Differences.Length ? $". The first {parity.Differences.Length} are shown" : "")}.";
        return Pieces.Section("Parity", note, Html.Of($"""
            {(parity.Count == 0 ? Html.Empty : Pieces.Table(["kind", "name", .. parity.Platforms], parity.Differences.Select(Difference)))}
            {parity.Unreadable.Select(trouble => Html.Of($"<p class=\"note\">Not compared: {trouble}</p>"))}{(parity.Unreadable.IsEmpty ? Html.Empty : ParityCommand(image))}
            """));
    }

    /// <summary>The command that compares everything. It pulls the layers that are missing.</summary>
    private static Html ParityCommand(RecordedComponent image) => image.Tags.IsEmpty ? Html.Empty
        : $"manifold verify --parity {(image.Published ? "" : "store:")}{image.Tags[0]}" is var command
        ? Html.Of($"<p><code>{command}</code>{Pieces.Copy(command)}</p>")
        : Html.Empty;

    private static Html Difference(RecordedDifference difference) => Html.Of($"""
        <tr><td class="muted">{difference.Topic}</td><th scope="row" class="prose"><code>{difference.Name}</code></th>{difference.Values.Select(value => value is null ? Html.Of($"<td class=\"muted\">–</td>") : Html.Of($"<td>{value}</td>"))}</tr>

        """);

    private static Html Waste(RecordedComponent image)
    {
        var wasting = image.Platforms.Where(platform => platform.WastedBytes > 0).ToList();
        if (wasting.Count == 0)
            return Html.Empty;
        // Platforms usually waste the same files: show each file once.
        var files = wasting.SelectMany(platform => platform.Waste.Select(file => (platform.Platform, File: file)))
            .GroupBy(each => each.File.Path)
            .OrderByDescending(same => same.Max(each => each.File.Bytes)).Take(12);
        return Pieces.Section("Wasted bytes", "Files that a later layer replaces or deletes. Every pull still transfers them.", Html.Of($"""
            <div class="sizes">{wasting.Select(Bar)}</div>
            {Pieces.Table(["file", "#size", "layers", "platforms"], files.Select(same => File(same.Key, same.First().File, string.Join(", ", same.Select(each => each.Platform)))))}
            """));
    }

    private static Html Bar(RecordedPlatform platform) => Html.Of($"""
        <div class="size"><div class="who">{platform.Platform.ToString()}</div><svg class="chart" height="10" role="img" aria-label="wasted bytes of {platform.Platform.ToString()}"><rect class="layer base" x="0" y="0" width="100%" height="10"/><rect class="layer wasted" x="0" y="0" width="{100.0 * platform.WastedBytes!.Value / Math.Max(1, platform.UncompressedBytes ?? platform.WastedBytes.Value)}%" height="10"/></svg><div class="number">{Amounts.Bytes(platform.WastedBytes.Value)} of {Pieces.Bytes(platform.UncompressedBytes)}</div></div>

        """);

    private static Html File(string path, RecordedWaste file, string platforms) => Html.Of($"""
        <tr><th scope="row" class="prose"><code>{path}</code></th><td class="number">{Amounts.Bytes(file.Bytes)}</td><td>in layer {file.Layer}, {(file.Deleted ? "deleted" : "replaced")} by layer {file.By}</td><td class="muted prose">{platforms}</td></tr>

        """);
}
