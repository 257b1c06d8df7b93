using System.Globalization;
using System.Text;
using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Reporting.Pages;

/// <summary>A record as Markdown, for a CI's summary page and for release notes.</summary>
/// <remarks>Text from images and files is escaped. It cannot break a table or become a link or HTML.</remarks>
internal static class MarkdownReport
{
    private const int ManyImages = 3;

    public static string Render(BuildRecord record)
    {
        var text = new StringBuilder();
        text.Append("# ").Append(Plain(record.Title)).Append("\n\n").Append(Headline(record)).Append('\n');
        if (record.Failure is { } failure)
            text.Append("\n```text\n").Append(Fenced(failure)).Append("\n```\n");
        if (record.Components.Length > 1)
            Overview(text, record);
        foreach (var component in record.Components)
            Component(text, record, component, folded: record.Components.Length > ManyImages, only: record.Components.Length == 1);
        Bases(text, record);
        Transfers(text, record);
        Warnings(text, record);
        Advice(text, record);
        text.Append(CultureInfo.InvariantCulture,
            $"\n---\n{record.Tool}, build {record.Id} on {record.Machine}, {record.Begin.UtcDateTime:yyyy-MM-dd HH:mm} UTC\n");
        return text.ToString();
    }

    private static string Headline(BuildRecord record)
    {
        var emulated = record.Steps.Where(step => step is { Emulated: true, State: StepState.Done }).Sum(step => step.Seconds);
        string[] parts =
        [
            ImageStates.Summary(record), Amounts.Count(record.Platforms.Count(), "platform"),
            $"{record.Steps.Count(step => step.State == StepState.Cached)} of {Amounts.Count(record.Steps.Length, "step")} cached",
        ];
        return $"**{OutcomeText.Of(record)}** in {Amounts.Duration(record.Duration)}. {string.Join("; ", parts)}"
            + $"{(emulated > 0 ? $"; {Amounts.Duration(TimeSpan.FromSeconds(emulated))} of step time emulated" : "")}.";
    }

    private static void Overview(StringBuilder text, BuildRecord record) =>
        Table(text, "Images", ["image", "state", "platforms", "digest", "compressed", "time"], record.Components.Select(component => new[]
        {
            Plain(component.ShortName), record.StateOf(component).Text(),
            Plain(string.Join(", ", component.Platforms.Where(platform => platform.Manifest is not null)
                .Select(platform => platform.Platform))),
            component.Index is { } index ? Code(index.Digest.Short) : "-",
            component.Index is null ? "-" : Amounts.Bytes(component.Platforms.Sum(platform => platform.CompressedBytes)),
            record.StateOf(component) == ImageState.NotStarted ? "-" : Seconds(record.SecondsOf(component)),
        }));

    private static void Component(StringBuilder text, BuildRecord record, RecordedComponent image, bool folded, bool only)
    {
        if (folded)
            text.Append("\n<details><summary>").Append(Plain(image.ShortName)).Append("</summary>\n");
        if (!only)
            text.Append("\n## ").Append(Plain(image.Title)).Append('\n');
        if (image.Failure is { } failure && !only)
            text.Append("\n```text\n").Append(Fenced(failure)).Append("\n```\n");
        else if (!only && image.Index is null)
            text.Append(record.StateOf(image) == ImageState.Stopped ? "\nStopped" : "\nNot started").Append(": no image was built.\n");
        if (image.Index is { } index)
            text.Append("\n- index ").Append(Code(index.Digest.ToString())).Append('\n');
        foreach (var tag in image.Index is null ? [] : image.Tags)
            text.Append(image.Published ? "- published as " : "- tagged in the store as ").Append(Code(tag)).Append('\n');
        if (image.Index is not null && image.Before is { } before)
        {
            var digest = image.Index?.Digest == before.Digest ? "the same digest" : Code(before.Digest.ToString());
            text.Append("- before this build: ").Append(digest).Append('\n');
        }
        Platforms(text, record, image);
        Nodes(text, image);
        Table(text, "Hooks", ["command", "time"], record.Hooks.Where(hook => hook.Component == image.Name).Select(hook =>
            new[] { Code(hook.Name), Seconds(hook.Elapsed) }));
        Table(text, "Labels", ["label", "value"], image.Labels.Select(pair => new[] { Code(pair.Key), Plain(pair.Value) }));
        Table(text, "Build arguments", ["argument", "value"], image.Arguments.Select(pair => new[] { Code(pair.Key), Code(pair.Value) }));
        Parity(text, image);
        Commands(text, "Check the image", PasteCommands.Checking(image));
        Commands(text, "Pull a platform", image.Platforms.SelectMany(platform => PasteCommands.Pulling(image, platform).Where(command =>
            command.What is "docker" or "podman")));
        if (folded)
            text.Append("\n</details>\n");
    }

    private static void Platforms(StringBuilder text, BuildRecord record, RecordedComponent image) => Table(text, "Platforms",
        ["platform", "manifest", "compressed", "change", "unpacked", "wasted", "time", "cached steps", "built", "verified"],
            image.Platforms.Select(platform => new[]
        {
            Plain(platform.Platform.ToString()), platform.Manifest is { } manifest ? Code(manifest.ToString()) : NotBuilt(record, image,
                platform),
            platform.Manifest is null ? "-" : Amounts.Bytes(platform.CompressedBytes), Change(image, platform),
            platform.UncompressedBytes is { } bytes ? Amounts.Bytes(bytes) : "-", platform.WastedBytes is { } wasted ? Amounts.Bytes(wasted)
                : "-",
            Seconds(platform.Seconds), $"{platform.CachedSteps} of {platform.Steps}",
            Pages.Ways.Short(record, image, platform), BuildTable.Verdict(platform),
        }));

    private static void Nodes(StringBuilder text, RecordedComponent image) => Table(text, "Nodes",
        ["platform", "node", "machine", "work", "waiting", "transfers", "sent", "received"],
        image.Platforms.Where(platform => platform.Node is not null).Select(platform => NodeCells(platform, platform.Node!)));

    private static string[] NodeCells(RecordedPlatform platform, RecordedNode node) =>
    [
        Plain(platform.Platform.ToString()), string.Join("<br>", NodeTable.Losses(node).Prepend(node.Name).Select(Plain)),
        Plain(NodeTable.Machine(node)), platform.IsCached ? "cached" : Seconds(platform.Seconds), Seconds(node.WaitedSeconds),
        Seconds(node.MovedSeconds), Amounts.Bytes(node.SentBytes), Amounts.Bytes(node.ReceivedBytes),
    ];

    private static string NotBuilt(BuildRecord record, RecordedComponent image, RecordedPlatform platform) => platform.Failure switch
    {
        null => record.HasFailed(image, platform) ? "failed" : "not built",
        { } failure when failure == image.Failure || failure == record.Failure => "failed, see the error above",
        { } failure => Plain((platform.Optional ? "skipped: " : "failed: ") + failure),
    };

    private static string Change(RecordedComponent image, RecordedPlatform platform) =>
        platform.Manifest is not null && image.Before?.Find(platform.Platform) is { } before
            ? Amounts.Change(platform.CompressedBytes - before.CompressedBytes) : "-";

    private static void Parity(StringBuilder text, RecordedComponent image)
    {
        if (image.Parity is not { } parity)
            return;
        if (parity.Count == 0)
            text.Append("\n### Parity\n\nThe platforms have the same packages, files, and configuration.\n");
        else
            Table(text, $"Parity: {Amounts.Count(parity.Count, "difference")}", ["kind", "name", .. parity.Platforms.Select(Plain)],
                parity.Differences.Select(difference =>
                    (string[])[difference.Topic, Code(difference.Name), .. difference.Values.Select(value => Plain(value ?? "-"))]));
    }

    private static void Bases(StringBuilder text, BuildRecord record) =>
        Table(text, "Base images", ["image", "platform", "digest", "compressed", "created", "from"], record.Bases.Select(image => new[]
        {
            Code(image.Reference), Plain(image.Platform.ToString()), Code(image.Digest.ToString()), Amounts.Bytes(image.Bytes),
            image.Created is { } created ? created.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) : "-",
            Plain(image.From),
        }));

    private static void Transfers(StringBuilder text, BuildRecord record) =>
        Table(text, "Transfers", ["transfer", Pages.Transfers.PlaceOf(record), "blobs", "size"], record.Transfers.Select(transfer => new[]
        {
            transfer.Kind == "there" ? "already there" : transfer.Kind, Code(transfer.Where),
                transfer.Blobs.ToString(CultureInfo.InvariantCulture), Amounts.Bytes(transfer.Bytes),
        }));

    private static void Warnings(StringBuilder text, BuildRecord record)
    {
        var advice = ReportWarnings.Of(record);
        if (advice.Count == 0)
            return;
        text.Append("\n### Warnings\n\n");
        foreach (var warning in advice)
        {
            text.Append("- ").Append(warning.Component.Length > 0 ? Plain(warning.Component) + ": " : "").Append(Plain(warning.Message));
            text.Append(warning.Mend is { } mend ? $"  \n  {Plain(mend)}\n" : "\n");
        }
    }

    private static void Advice(StringBuilder text, BuildRecord record)
    {
        if (record.Advice.IsEmpty)
            return;
        text.Append("\n### Advice\n");
        foreach (var advice in record.Advice)
        {
            var owner = advice.Component.Length > 0 ? Plain(advice.Component) + ": " : "";
            text.Append("\n- ").Append(owner).Append(Plain(advice.Message)).Append('\n');
            var lines = advice.Lines.Select(line => Fenced(OneLine(line)));
            if (!advice.Lines.IsEmpty)
                text.Append("\n  ```dockerfile\n  ").AppendJoin("\n  ", lines).Append("\n  ```\n");
        }
    }

    private static void Commands(StringBuilder text, string heading, IEnumerable<PasteCommand> commands)
    {
        var all = commands.ToList();
        if (all.Count == 0)
            return;
        text.Append("\n### ").Append(heading).Append("\n\n```sh\n");
        foreach (var command in all)
            text.Append(command.Text).Append('\n');
        text.Append("```\n");
    }

    private static void Table(StringBuilder text, string heading, IReadOnlyList<string> columns, IEnumerable<string[]> rows)
    {
        var all = rows.ToList();
        if (all.Count == 0)
            return;
        text.Append("\n### ").Append(heading).Append("\n\n| ").AppendJoin(" | ", columns).Append(" |\n|")
            .Append(string.Concat(Enumerable.Repeat(" --- |", columns.Count))).Append('\n');
        foreach (var row in all)
            text.Append("| ").AppendJoin(" | ", row).Append(" |\n");
    }

    private static string Seconds(double seconds) => Amounts.Duration(TimeSpan.FromSeconds(seconds));

    private static string OneLine(string text) =>
        ForeignText.Line(string.Concat(text.Select(one => one is '\n' or '\r' or '\t' ? ' ' : one)));

    /// <summary>Escapes every character that means something to Markdown or HTML.</summary>
    private static string Plain(string text)
    {
        var plain = new StringBuilder();
        foreach (var one in OneLine(text))
            plain.Append(one switch
            {
                '<' => "&lt;",
                '>' => "&gt;",
                '&' => "&amp;",
                '@' => "&#64;",
                '|' or '*' or '_' or '`' or '[' or ']' or '\\' or '#' or '~' or '!' => $"\\{one}",
                _ => one.ToString(),
            });
        return plain.ToString();
    }

    /// <summary>A code span inside a table.</summary>
    private static string Code(string text) =>
        text.Length == 0 ? "" : $"`{OneLine(text).Replace('`', '\'').Replace("|", "\\|", StringComparison.Ordinal)}`";

    private static string Fenced(string text) => ForeignText.Lines(text).Replace("```", "'''", StringComparison.Ordinal);
}
