using Manifold.Text;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Manifold.Cli;

/// <summary>Consoles that paint: the control sequences are the library's own, and the texts between them are shown safely.</summary>
/// <remarks>What is drawn with a width must be one safe line before (<see cref="ForeignText.Line"/>):
/// an escape is longer than the character that it replaces.</remarks>
internal static class SafeConsole
{
    public static IAnsiConsole Create(AnsiConsoleSettings settings)
    {
        var console = AnsiConsole.Create(settings);
        console.Pipeline.Attach(new Hook());
        return console;
    }

    private sealed class Hook : IRenderHook
    {
        public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) =>
            renderables.Select(each => new Safe(each));
    }

    private sealed class Safe(IRenderable inner) : IRenderable
    {
        public Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => inner.Render(options, maxWidth)
            .Select(segment => segment.IsControlCode || segment.IsLineBreak
                ? segment
                : new Segment(ForeignText.Lines(segment.Text), segment.Style));
    }
}
