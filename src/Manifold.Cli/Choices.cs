using System.CommandLine;

namespace Manifold.Cli;

/// <summary>Options with few values: others are refused in one line, and a shell completes them.</summary>
internal static class Choices
{
    public static void AcceptOneOf<T>(this Option<T> option, params string[] values)
    {
        option.CompletionSources.Add(values);
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !values.Contains(token.Value)))
                result.AddError($"{option.Name} {token.Value}: expected {string.Join(", ", values[..^1])} or {values[^1]}.");
        });
    }
}
