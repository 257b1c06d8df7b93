using System.Text.RegularExpressions;
using Manifold.Projects;
using Manifold.Text;

namespace Manifold.Nodes.Ssh;

/// <summary>Explains what OpenSSH's client complained of, and says what to do.</summary>
/// <remarks>OpenSSH has one exit code, 255, for all of its own errors, so the text decides. It isn't translated.</remarks>
internal sealed partial class SshComplaint(NodeAddress address, string commandByHand, bool isInteractive)
{
    /// <summary>ssh's exit code for its own errors.</summary>
    public const int ExitCode = 255;

    /// <summary>Explains the failure to connect.</summary>
    /// <param name="text">The end of what ssh printed to standard error.</param>
    public SshException OfConnecting(string text)
    {
        var (problem, explanation) = Explain(text, LastLine(text));
        return new SshException(problem, $"Connecting to '{address}': {explanation}");
    }

    /// <summary>Explains the end of a connection that worked.</summary>
    public SshException OfLosing(string text) => new(SshProblem.Lost,
        LastLine(text) is { Length: > 0 } last
            ? $"The connection to '{address}' is lost: {last}"
            : $"The connection to '{address}' is lost.");

    /// <summary>Returns the last line of a text that isn't empty, safe to show.</summary>
    public static string LastLine(string text) => ForeignText.Line(AddressSecrets.Without(
        text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? ""));

    private (SshProblem Problem, string Explanation) Explain(string text, string last)
    {
        if (Has(text, "REMOTE HOST IDENTIFICATION HAS CHANGED") || Has(text, "REVOKED HOST KEY"))
            return (SshProblem.ChangedHostKey, OfChangedKey(text));
        if (Has(text, "Host key verification failed"))
            return (SshProblem.UnknownHostKey, isInteractive
                ? $"the host key was not confirmed. Connect once by hand: {commandByHand}"
                : $"the host key is unknown, and there is no terminal to confirm it. Connect once by hand: {commandByHand}");
        if (DeniedPattern().Match(text) is { Success: true } denied)
            return (SshProblem.Denied, OfDenied(denied.Value));
        if (Has(text, "Could not resolve hostname"))
            return (SshProblem.NameUnknown, $"{last}. Check the name, or add it to ~/.ssh/config.");
        if (Has(text, "Connection refused"))
            return (SshProblem.Refused, $"{last}. Check that the SSH server runs there, and its port.");
        if (Has(text, "Bad configuration option") || Has(text, "user config file") || Has(text, "bad configuration options"))
            return (SshProblem.Configuration, $"{last}. Fix the configuration of ssh, such as ~/.ssh/config or MANIFOLD_SSH.");
        if (Has(text, "timed out"))
            return (SshProblem.TimedOut, $"{last}. Check that the machine is on, and that no firewall is in the way.");
        if (Has(text, "No route to host") || Has(text, "is unreachable"))
            return (SshProblem.Unreachable, $"{last}. Check that the machine is on, and the network.");
        if (LostPattern().IsMatch(text))
            return (SshProblem.Lost, $"{last}. Find the reason with: {commandByHand} -v");
        return last.Length == 0
            ? (SshProblem.Other, $"ssh failed and did not say why. Find the reason with: {commandByHand} -v")
            : (SshProblem.Other, $"{last}. Find the reason with: {commandByHand} -v");
    }

    private string OfChangedKey(string text)
    {
        var removal = RemovalPattern().Match(text) is { Success: true } match
            ? ForeignText.Line(match.Value)
            : $"ssh-keygen -R {ShellWord.Quote(KnownHost)}";
        return "the host key is not the one from earlier connections. This can be an attack. If you know that the key has changed, "
            + $"remove the old one with '{removal}', and connect once by hand: {commandByHand}";
    }

    private string OfDenied(string line) => isInteractive
        ? $"{ForeignText.Line(line)}. Check the user and the keys with: {commandByHand}"
        : $"{ForeignText.Line(line)}. There is no terminal to ask for a password. Copy your key there with ssh-copy-id, "
            + $"or load it with ssh-add, until this works: {commandByHand}";

    // As known_hosts has it.
    private string KnownHost => address.Port is null or 22 ? address.Host : $"[{address.Host}]:{address.Port}";

    private static bool Has(string text, string part) => text.Contains(part, StringComparison.Ordinal);

    [GeneratedRegex(@"^\S+: Permission denied \(.*\)|^.*Too many authentication failures", RegexOptions.Multiline)]
    private static partial Regex DeniedPattern();

    [GeneratedRegex(@"(?<=^\s*)ssh-keygen -f .* -R .*\S", RegexOptions.Multiline)]
    private static partial Regex RemovalPattern();

    [GeneratedRegex(@"^(kex_exchange_identification|Connection (closed|reset) by|Connection to .* closed|client_loop|Timeout, server)",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex LostPattern();
}
