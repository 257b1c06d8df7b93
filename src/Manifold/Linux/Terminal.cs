using System.Runtime.InteropServices;

namespace Manifold.Linux;

/// <summary>The terminal behind standard output or standard error.</summary>
internal static partial class Terminal
{
    private const int StandardOutput = 1, StandardError = 2;
    private const nuint GetWindowSize = 0x5413; // TIOCGWINSZ on x86, arm, riscv; asm-generic/ioctls.h

    /// <summary>
    /// The current columns and rows of the terminal that standard error is; null if it is not a terminal or does not say.
    /// </summary>
    public static (int Width, int Height)? SizeOfError => SizeOf(StandardError);

    /// <summary>The same for standard output.</summary>
    public static (int Width, int Height)? SizeOfOutput => SizeOf(StandardOutput);

    private static (int Width, int Height)? SizeOf(int descriptor) =>
        Control(descriptor, GetWindowSize, out var size) == 0 && size is { Columns: > 0, Rows: > 0 } ? (size.Columns, size.Rows) : null;

    [LibraryImport("libc", EntryPoint = "ioctl")]
    private static partial int Control(int descriptor, nuint request, out Size size);

    private struct Size
    {
        internal ushort Rows, Columns, PixelsWide, PixelsHigh;
    }
}
