using Manifold.Building.Recording;

namespace Manifold.Reporting.Pages;

/// <summary>Commands to paste: how to pull each platform with each tool.</summary>
internal sealed record PullCommands(IReadOnlyList<PullTool> Tools) : Piece
{
    public static Html Render(RecordedComponent image)
    {
        var tools = image.Platforms.SelectMany(platform => PasteCommands.Pulling(image, platform)).GroupBy(command => command.What)
            .Select((tool, i) => new PullTool(i == 0, tool.Key, [.. tool.Select(command => command.Text)])).ToList();
        return tools.Count == 0 ? default : Html.Of(new PullCommands(tools));
    }
}

internal sealed record PullTool(bool IsOpen, string Name, IReadOnlyList<string> Commands);

/// <summary>Commands to paste: how to check the image.</summary>
internal sealed record CheckCommands(IReadOnlyList<PasteCommand> Commands) : Piece
{
    public static Html Render(RecordedComponent image)
    {
        var commands = PasteCommands.Checking(image).ToList();
        return commands.Count == 0 ? default : Html.Of(new CheckCommands(commands));
    }
}
