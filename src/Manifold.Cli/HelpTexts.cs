using System.CommandLine;
using System.Globalization;

namespace Manifold.Cli;

/// <summary>How help and manual pages write a command, an argument and an option.</summary>
internal static class HelpTexts
{
    /// <summary>The first sentence of a command's description, without its full stop, for lists.</summary>
    public static string Summary(Command command) => FirstSentence(command.Description).TrimEnd('.');

    public static string FirstSentence(string? text)
    {
        var end = text?.IndexOf(". ", StringComparison.Ordinal) ?? -1;
        return end < 0 ? text ?? "" : text![..(end + 1)];
    }

    /// <summary>The names of an option, the short one first.</summary>
    public static IEnumerable<string> Names(Option option) => option.Aliases.Append(option.Name)
        .Where(name => name.StartsWith('-') && name != "-?").Distinct().OrderBy(name => name.StartsWith("--", StringComparison.Ordinal));

    /// <summary>What follows an option's name: <c> FILE</c>, or <c>[=FIELDS]</c> for an optional value.</summary>
    public static (string Before, string Value, string After) ValueOf(Option option) =>
        option.ValueType == typeof(bool) || option.Arity.MaximumNumberOfValues == 0 ? ("", "", "")
        : option.Arity.MinimumNumberOfValues == 0 ? ("[=", option.HelpName ?? "VALUE", "]")
        : (" ", option.HelpName ?? "VALUE", "");

    /// <summary>The description of an option, and its default.</summary>
    public static string Describe(Option option)
    {
        var value = option.HasDefaultValue && option.ValueType != typeof(bool) ? option.GetDefaultValue() : null;
        return value is string or int or long or double
            ? $"{option.Description} Default: {Convert.ToString(value, CultureInfo.InvariantCulture)}."
            : option.Description ?? "";
    }

    public static string LabelOf(Argument argument) => argument.HelpName ?? argument.Name;

    /// <summary>Whether an argument may be missing, and whether it may be repeated.</summary>
    public static (bool IsOptional, bool Repeats) CountOf(Argument argument) =>
        (argument.Arity.MinimumNumberOfValues == 0, argument.Arity.MaximumNumberOfValues > 1);

    public static IEnumerable<Argument> Arguments(Command command) => command.Arguments.Where(each => !each.Hidden);

    /// <summary>Options that a command cannot do without.</summary>
    public static IEnumerable<Option> Required(Command command) => command.Options.Where(each => each.Required && !each.Hidden);
}
