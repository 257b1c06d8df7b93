using System.Globalization;
using Manifold.Content;
using Manifold.Linux;

namespace Manifold.Sandbox;

/// <summary>Remembers which registered emulators were seen to work, from build to build: to see it costs starting a program.</summary>
/// <remarks>
/// What is remembered holds for one registration since this machine started: with flag F the kernel has the emulator open, and nobody can
/// write to a file that it runs. A new registration is another file of the kernel's table, with another time. Failures are not remembered.
/// One small file for each processor, <c>cache/emulators/ARCHITECTURE.json</c>.
/// </remarks>
internal sealed class EmulatorMemory(Store store)
{
    public bool Works(Processor processor, BinfmtMisc.Entry entry) =>
        StateOf(entry) is { } state && FileOf(processor).Read()?.State == state;

    public void Remember(Processor processor, BinfmtMisc.Entry entry)
    {
        if (StateOf(entry) is { } state)
            FileOf(processor).Keep(new EmulatorTrial { State = state });
    }

    private TrialFile<EmulatorTrial> FileOf(Processor processor) =>
        new(store.Layout.Emulators, $"{processor.Architecture}.json", SandboxJson.Default.EmulatorTrial);

    /// <summary>Everything that tells a registration from another one; null where the kernel does not show it.</summary>
    private static string? StateOf(BinfmtMisc.Entry entry)
    {
        try
        {
            return DirectoryHandle.StatusOf(BinfmtMisc.PathOf(entry)) is not { } registration ? null : string.Join('\n',
                OciRuntimes.BootId(), Told(registration), entry.Name, entry.Interpreter, entry.Flags,
                entry.Offset.ToString(CultureInfo.InvariantCulture), Convert.ToHexString(entry.Magic.AsSpan()),
                Convert.ToHexString(entry.Mask.AsSpan()),
                DirectoryHandle.StatusOf(entry.Interpreter) is { } program ? Told(program) : "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Told(FileStatus file) => string.Create(CultureInfo.InvariantCulture,
        $"{file.Device} {file.Inode} {file.Size} {file.Modified.Seconds}.{file.Modified.Nanoseconds} ") + string.Create(
        CultureInfo.InvariantCulture, $"{file.Changed.Seconds}.{file.Changed.Nanoseconds}");
}

/// <summary>What an emulator was registered as when it was seen to work.</summary>
internal sealed record EmulatorTrial
{
    public required string State { get; init; }
}
