using Manifold.Linux;

namespace Manifold.Sandbox;

/// <summary>Commands that mend what this machine lacks, as people can paste them.</summary>
internal static class Remedy
{
    /// <summary>A command that only root may give.</summary>
    public static string AsRoot(string command) => User.IsRoot ? command
        : command.Contains('>', StringComparison.Ordinal) ? $"sudo sh -c '{command}'"
        : "sudo " + command.Replace(" && ", " && sudo ", StringComparison.Ordinal);
}
