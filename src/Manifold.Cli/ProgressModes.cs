using System.CommandLine;

namespace Manifold.Cli;

/// <summary>The forms of progress, under buildx's names where they are the same.</summary>
internal static class ProgressModes
{
    private static readonly string[] Own = ["auto", "tty", "plain", "json", "quiet"];

    public static void AcceptProgress(this Option<string> option)
    {
        option.CompletionSources.Add(Own);
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value != "none" && !Own.Contains(token.Value)))
                result.AddError(token.Value == "rawjson"
                    ? "--progress rawjson: this is BuildKit's own format. For one JSON event per line, use --progress json"
                    : $"{option.Name} {token.Value}: expected {string.Join(", ", Own[..^1])} or {Own[^1]}.");
        });
    }

    /// <summary>buildx's <c>none</c> is <c>quiet</c>.</summary>
    public static string Read(string mode) => mode == "none" ? "quiet" : mode;
}
