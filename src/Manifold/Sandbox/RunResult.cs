using System.Collections.Immutable;
using Manifold.Linux;

namespace Manifold.Sandbox;

/// <summary>What a RUN left. Owned by the caller: dispose it when the changes have been read or adopted.</summary>
internal sealed record RunResult : IDisposable
{
    private readonly string folder;

    internal RunResult(string folder) => this.folder = folder;

    /// <summary>
    /// The command's, or 128 and the signal that ended it; 127 and 126 where it was not found or cannot be run, as a shell has it.
    /// </summary>
    public required int ExitCode { get; init; }

    /// <summary>
    /// The changes in overlayfs format. May be renamed away (<c>SnapshotStore.Adopt</c>); what is left goes with <see cref="Dispose"/>.
    /// </summary>
    public required string ChangesFolder { get; init; }

    /// <summary>The last <see cref="RunOutput.TailLines"/> lines.</summary>
    public required ImmutableArray<string> Tail { get; init; }

    public required TimeSpan Duration { get; init; }

    /// <summary>Whether an emulator translated the instructions.</summary>
    public required bool Emulated { get; init; }

    /// <summary>
    /// The emulator's own words where it said that the program crashed inside it; the same command may work on the real processor.
    /// </summary>
    public string? EmulatorCrash { get; init; }

    /// <summary>The runtime's words where the command did not even begin.</summary>
    public string? RuntimeFailure { get; init; }

    public void Dispose() => FileTree.Delete(folder);
}

/// <summary>A line that a RUN printed, without its line end.</summary>
internal sealed record LogLine(DateTimeOffset Time, LogStream Stream, string Text);

internal enum LogStream
{
    Output = 1,
    Error = 2,
}
