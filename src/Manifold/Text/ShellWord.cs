using System.Buffers;

namespace Manifold.Text;

/// <summary>Words of commands that are shown to be pasted into a shell.</summary>
internal static class ShellWord
{
    private static readonly SearchValues<char> Plain =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:@%+=,");

    /// <summary>The word as it is if it has only characters that no shell treats specially; else in single quotes.</summary>
    /// <remarks>POSIX.1-2024, Shell Command Language, section 2.2.2: nothing is special between single quotes except another one.</remarks>
    public static string Quote(string word) => word.Length > 0 && !word.AsSpan().ContainsAnyExcept(Plain) ? word
        : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
