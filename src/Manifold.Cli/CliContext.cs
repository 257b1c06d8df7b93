using System.Collections.Immutable;
using Manifold.Building;
using Manifold.Content;
using Manifold.Registry;
using Manifold.Sandbox;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>What the commands may use of the world around them: the composition root's hands.</summary>
/// <remarks>
/// Results go to <see cref="Out"/>, everything else to <see cref="Error"/>.
/// Both always show foreign text safely (<see cref="ForeignTextWriter"/>).
/// </remarks>
public sealed record CliContext
{
    public required ImmutableSortedDictionary<string, string> Environment { get; init; }
    public TextReader In { get; init; } = Console.In;

    /// <summary>Standard input as bytes, for contexts that come that way.</summary>
    public Func<Stream> OpenInput { get; init; } = Console.OpenStandardInput;

    public required TextWriter Out { get; init => field = ForeignTextWriter.Around(value); }
    public required TextWriter Error { get; init => field = ForeignTextWriter.Around(value); }
    public required TimeProvider Time { get; init; }

    /// <summary>Standard output for bytes: an image that goes into a pipe.</summary>
    public Func<Stream> OpenOutput { get; init; } = Console.OpenStandardOutput;

    /// <summary>True where standard output is a terminal.</summary>
    public bool OutIsTerminal { get; init; }

    /// <summary>True where standard error is a terminal that may be painted.</summary>
    public required bool Interactive { get; init; }

    /// <summary>The columns of the terminal that standard output is; null if it is not a terminal, and nothing is cut.</summary>
    public int? OutWidth { get; init; }

    /// <summary>The current columns and rows of the terminal that standard error is; null if it is not a terminal.</summary>
    public Func<(int Width, int Height)?> ErrorSize { get; init; } = () => null;

    /// <summary>The columns and rows to draw with: 80 by 24 if the terminal does not say.</summary>
    public (int Width, int Height) Screen => ErrorSize() ?? (80, 24);

    /// <summary>True where the terminal shows ASCII only.</summary>
    public bool IsAscii { get; init; }

    /// <summary>Whether a line at the bottom may be written over itself.</summary>
    public bool HasStatusLine { get; init; } = true;

    /// <summary>Whether standard error may have colors.</summary>
    public bool Paints => Interactive && Variable("NO_COLOR") is null;

    /// <summary>Whether standard output may have colors.</summary>
    public bool PaintsOut => Paints && OutIsTerminal;

    /// <summary>
    /// Called before a command runs. It can restart the program in a user namespace (<see cref="Rootless"/>).
    /// </summary>
    public Func<System.CommandLine.ParseResult, Task> Begin { get; init; } = _ => Task.CompletedTask;

    /// <summary>An environment variable, or null where it is unset or empty.</summary>
    public string? Variable(string name) => Environment.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;

    /// <inheritdoc cref="Content.StoreRoot.Of"/>
    public string StoreRoot => Content.StoreRoot.Of(Environment);

    /// <summary>Tells people what they should know and what stops nothing.</summary>
    public void Warn(string message) => Error.WriteLine($"manifold: {message}");

    /// <summary>Writes a document as it is, so that its digest stays. On a terminal, what is not seen is escaped.</summary>
    public async Task WriteDocumentAsync(ReadOnlyMemory<byte> document) =>
        await (OutIsTerminal ? Out : ForeignTextWriter.Own(Out)).WriteAsync(System.Text.Encoding.UTF8.GetString(document.Span));

    public Store OpenStore() => Store.Open(StoreRoot, AbandonedRuns.End);

    /// <summary>The tools of a builder, with the clock and the PATH of this program.</summary>
    internal BuilderTools ToolsOn(Store store, RegistryClient registry) => new(store, registry, Time, Variable("PATH"));

    /// <summary>Outputs that use this program's environment and standard output.</summary>
    /// <param name="written">Gets a sentence for each place that was written.</param>
    internal OutputOrder OutputsTelling(ICollection<string> written) => new()
    {
        Environment = Environment,
        OpenStandardOutput = OpenOutput,
        Tell = written.Add,
    };
}
