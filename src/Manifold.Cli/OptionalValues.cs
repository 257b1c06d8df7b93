using System.CommandLine;

namespace Manifold.Cli;

/// <summary>Options whose value may be missing, such as <c>verify --run</c>.</summary>
/// <remarks>
/// A value is joined with <c>=</c>, or is the next word. If a required argument would then be missing, the next word is that argument:
/// <c>verify --run=--version REF</c>, <c>verify --run --version REF</c> and <c>verify --run REF</c> all verify REF.
/// </remarks>
internal static class OptionalValues
{
    /// <summary>The words, with such an option's value returned to the argument that is missing; null if nothing changes.</summary>
    public static IReadOnlyList<string>? Returned(ParseResult parsed, IReadOnlyList<string> words)
    {
        var command = parsed.CommandResult.Command;
        if (command.Arguments.All(each => each.Arity.MinimumNumberOfValues == 0 || parsed.GetResult(each) is { Tokens.Count: > 0 }))
            return null;
        foreach (var option in command.Options.Where(IsOptional))
        {
            if (parsed.GetResult(option) is not { Tokens: [{ Value: var value }] })
                continue;
            for (var at = 0; at + 1 < words.Count && words[at] != "--"; at++)
            {
                if (words[at] == option.Name && words[at + 1] == value)
                    return Last([.. words.Take(at), .. words.Skip(at + 1)], option.Name);
            }
        }
        return null;
    }

    /// <summary>Moves the option to the end, but before <c>--</c>, so that no word follows that it could take as its value.</summary>
    private static IReadOnlyList<string> Last(List<string> words, string option)
    {
        var end = words.IndexOf("--");
        words.Insert(end < 0 ? words.Count : end, option);
        return words;
    }

    private static bool IsOptional(Option option) =>
        option.ValueType == typeof(string) && option.Arity is { MinimumNumberOfValues: 0, MaximumNumberOfValues: 1 };
}
