using System.Buffers;

namespace Manifold.Nodes.Ssh;

/// <summary>Commands that the login shell of an account passes on unchanged, whichever shell it is.</summary>
/// <remarks>
/// sshd gives a command to the account's login shell: a POSIX shell, fish, or csh. All of them leave a text in single quotes as it is,
/// except for the characters that are refused here: fish reads backslashes and csh exclamation marks, and a quote would end the text.
/// </remarks>
internal static class RemoteCommand
{
    private static readonly SearchValues<char> Special = SearchValues.Create("'\\!\r\n\0");

    /// <summary>Whether a text can be a part of a command.</summary>
    public static bool CanCarry(string text) => !text.AsSpan().ContainsAny(Special);

    /// <summary>Returns the command line that has <c>sh</c> execute a script of one line.</summary>
    /// <param name="script">May refer to the arguments as <c>$1</c>, <c>$2</c>, and so on.</param>
    /// <param name="arguments">Words for the script.</param>
    public static string Of(string script, params ReadOnlySpan<string> arguments)
    {
        var line = $"sh -c {Quote(script)}";
        for (var i = 0; i < arguments.Length; i++)
            line += i == 0 ? $" manifold {Quote(arguments[i])}" : $" {Quote(arguments[i])}";
        return line;
    }

    private static string Quote(string text) => CanCarry(text) ? $"'{text}'"
        : throw new ArgumentException($"A remote command cannot contain quotes, backslashes, or exclamation marks: {text}", nameof(text));
}
