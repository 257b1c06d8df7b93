using Manifold.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Manifold.Cli;

/// <summary>Tables of results on standard output: aligned columns, and colours where people look.</summary>
internal static class Tables
{
    // A pipe has no width; lines must not be broken for it.
    private const int Unbroken = 10_000;

    /// <summary>Columns without lines; with headings, unless all are empty.</summary>
    public static Table Plain(params string[] headings)
    {
        var table = new Table { Border = TableBorder.None, ShowHeaders = headings.Any(heading => heading.Length > 0) };
        foreach (var heading in headings)
            table.AddColumn(new TableColumn(heading) { Padding = new Padding(0, 0, 2, 0) });
        return table;
    }

    public static void Write(CliContext context, params IRenderable[] parts)
    {
        var painted = context.PaintsOut;
        using var plain = new StringWriter();
        var console = SafeConsole.Create(new AnsiConsoleSettings
        {
            Ansi = painted ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = painted ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new AnsiConsoleOutput(painted ? ForeignTextWriter.Own(context.Out) : plain),
        });
        if (!painted)
            console.Profile.Width = context.OutWidth ?? Unbroken;
        foreach (var part in parts)
            console.Write(part);
        foreach (var line in painted ? [] : plain.ToString().TrimEnd('\n').Split('\n'))
            context.Out.WriteLine(line.TrimEnd()); // the last column is padded too
    }
}
