using Manifold.Building.Recording;

namespace Manifold.Reporting.Pages;

/// <summary>Commands to paste: how to pull each platform with each tool, and how to check the image.</summary>
internal static class Commands
{
    public static Html Render(RecordedComponent image)
    {
        var pulls = image.Platforms.SelectMany(platform => PasteCommands.Pulling(image, platform))
            .GroupBy(command => command.What).ToList();
        var checks = PasteCommands.Checking(image).ToList();
        return Html.Of($"""
            {(pulls.Count == 0 ? Html.Empty : Pieces.Section("Pull a platform", "", Html.Join(pulls.Select((tool, i) => Tool(tool.Key, tool, i == 0)))))}
            {(checks.Count == 0 ? Html.Empty : Pieces.Section("Check it yourself", "", Html.Of($"<dl class=\"commands\">{checks.Select(command => Html.Of($"<dt>{command.What}</dt><dd>{Line(command)}</dd>"))}</dl>")))}
            """);
    }

    private static Html Tool(string name, IEnumerable<PasteCommand> commands, bool open) => Html.Of($"""
        <details class="tool"{(open ? Html.Of($" open") : Html.Empty)}><summary>{name}</summary>{commands.Select(Line)}</details>

        """);

    private static Html Line(PasteCommand command) =>
        Html.Of($"<div class=\"command\"><code>{command.Text}</code>{Pieces.Copy(command.Text)}</div>");
}
