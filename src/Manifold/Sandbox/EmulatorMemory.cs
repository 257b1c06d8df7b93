using System.Globalization;
using Manifold.Content;
using Manifold.Linux;

namespace Manifold.Sandbox;

/// <summary>Remembers which registered emulators were seen to work, from build to build: to see it costs starting a program.</summary>
/// <remarks>
/// What is remembered holds for one registration since this machine started: with flag F the kernel has the emulator open, and nobody can
/// write to a file that it runs. A new registration is another file of the kernel's table, with another time. That an emulator fails is not
/// remembered. One small file for each processor, <c>cache/emulators/ARCHITECTURE</c>.
/// </remarks>
internal sealed class EmulatorMemory(Store store)
{
    private const string BootId = "/proc/sys/kernel/random/boot_id";

    public bool Works(Processor processor, BinfmtMisc.Entry entry)
    {
        try
        {
            return StateOf(entry) is { } state && File.ReadAllText(PathOf(processor)) == state;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    public void Remember(Processor processor, BinfmtMisc.Entry entry)
    {
        if (StateOf(entry) is not { } state)
            return;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(PathOf(processor))!);
            Store.ReplaceFile(PathOf(processor), System.Text.Encoding.UTF8.GetBytes(state));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is tried again next time.
        }
    }

    private string PathOf(Processor processor) => Path.Combine(store.Root, "cache", "emulators", processor.Architecture);

    /// <summary>Everything that tells a registration from another one; null where the kernel does not show it.</summary>
    private static string? StateOf(BinfmtMisc.Entry entry)
    {
        try
        {
            return DirectoryHandle.StatusOf(BinfmtMisc.PathOf(entry)) is not { } registration ? null : string.Join('\n',
                File.ReadAllText(BootId).Trim(), Told(registration), entry.Name, entry.Interpreter, entry.Flags,
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
