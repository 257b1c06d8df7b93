using System.Collections.Immutable;
using System.Globalization;
using Manifold.Linux;

namespace Manifold.Sandbox;

/// <summary>The kernel's table of interpreters for foreign executables.</summary>
/// <remarks>Source: Linux kernel documentation, "Kernel Support for miscellaneous Binary Formats (binfmt_misc)".</remarks>
internal static class BinfmtMisc
{
    private const string Folder = "/proc/sys/fs/binfmt_misc";

    /// <summary>
    /// One registration. Its flags: F, the interpreter was opened when it was registered, so containers need not have it;
    /// C, a program has the rights of its own file, so that setuid works, and the kernel opens it (which implies O);
    /// O, the kernel opens the program, so that it need not be readable;
    /// P, the interpreter is also told the name that the program was started by.
    /// </summary>
    public sealed record Entry(
        string Name, bool Enabled, string Interpreter, string Flags, int Offset, ImmutableArray<byte> Magic, ImmutableArray<byte> Mask)
    {
        public bool Matches(ReadOnlySpan<byte> header)
        {
            if (header.Length < Offset + Magic.Length)
                return false;
            for (var i = 0; i < Magic.Length; i++)
            {
                var mask = i < Mask.Length ? Mask[i] : (byte)0xFF;
                if ((header[Offset + i] & mask) != (Magic[i] & mask))
                    return false;
            }
            return true;
        }
    }

    /// <summary>Whether the table can be read; it is mounted where that is ours to do.</summary>
    public static bool TryMount()
    {
        if (File.Exists(Folder + "/register"))
            return true;
        // Mounted in a user namespace it would be another table, without the machine's emulators (Linux 6.7).
        if (!Environment.IsPrivilegedProcess || !UserNamespace.IsInitial || !Directory.Exists(Folder))
            return false;
        try
        {
            MountCalls.Mount("binfmt_misc", Folder, "binfmt_misc", MountCalls.Flags.None);
            return true;
        }
        catch (IOException)
        {
            return false; // a container without the privilege, or a kernel without it
        }
    }

    /// <summary>All registrations by magic, none where there is no table.</summary>
    public static ImmutableArray<Entry> Read()
    {
        if (!TryMount())
            return [];
        var disabled = File.ReadAllText(Folder + "/status").Trim() == "disabled";
        return
        [
            .. Directory.EnumerateFiles(Folder).Where(file => Path.GetFileName(file) is not ("register" or "status"))
                .Order(StringComparer.Ordinal).Select(Parse).OfType<Entry>()
                .Select(entry => entry with { Enabled = entry.Enabled && !disabled }),
        ];
    }

    /// <summary>
    /// Registers an interpreter for a processor's executables, fixed ones (ET_EXEC) and position-independent ones (ET_DYN).
    /// </summary>
    public static void Register(Processor processor, string interpreter, string flags)
    {
        var mask = Enumerable.Repeat((byte)0xFF, 20).ToArray();
        mask[7] = 0; // the system's name is written by some toolchains and not by others
        mask[processor.BigEndian ? 17 : 16] = 0xFE;
        File.WriteAllText(Folder + "/register",
            $":qemu-{processor.Qemu}:M::{Escaped(processor.Header)}:{Escaped(mask)}:{interpreter}:{flags}");
    }

    public static void Enable(Entry entry) => File.WriteAllText(PathOf(entry), "1");

    /// <summary>Where the kernel shows a registration.</summary>
    public static string PathOf(Entry entry) => Path.Combine(Folder, entry.Name);

    private static string Escaped(byte[] bytes) => string.Concat(bytes.Select(value => $"\\x{value:x2}"));

    /// <summary>Reads a registration as the kernel shows it; null for one by file name.</summary>
    internal static Entry? Parse(string file)
    {
        var lines = File.ReadAllLines(file);
        string Field(string name) =>
            lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim() ?? "";
        if (Field("magic ") is not { Length: > 0 } magic)
            return null; // by file name extension: Java, Windows programs …
        return new Entry(
            Path.GetFileName(file), lines[0] == "enabled", Field("interpreter "), Field("flags:"),
            int.Parse(Field("offset "), CultureInfo.InvariantCulture),
            [.. Convert.FromHexString(magic)], [.. Convert.FromHexString(Field("mask "))]);
    }
}
