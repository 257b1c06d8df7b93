using System.Collections.Immutable;
using Manifold.Dockerfile;

namespace Manifold.Planning;

/// <summary>The fields of a flag that has several in one value, as buildx has them: <c>type=oci,dest=image.tar</c>.</summary>
/// <remarks>
/// Fields with a comma stand in double quotes (RFC 4180). Keys are the same in upper case. Of a key that comes twice the last counts.
/// </remarks>
internal sealed class FlagFields
{
    private readonly string flag;
    private readonly ImmutableDictionary<string, string> fields;

    private FlagFields(string flag, string text, ImmutableDictionary<string, string> fields) =>
        (this.flag, Text, this.fields) = (flag, text, fields);

    /// <summary>As it was written.</summary>
    public string Text { get; }

    public IEnumerable<string> Keys => fields.Keys;

    /// <summary>A field's value; null where it is not there. One that is there without a value is empty.</summary>
    public string? this[string key] => fields.GetValueOrDefault(key);

    /// <param name="flag">For messages: <c>--output</c>.</param>
    /// <exception cref="UsageException">Its quotes are wrong.</exception>
    public static FlagFields Parse(string flag, string text)
    {
        var read = ImmutableDictionary.CreateBuilder<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var field in Csv.Split(text) ?? throw new UsageException($"{flag} '{text}': a double quote is not closed, or is inside a "
            + "field. Quote the whole field: \"name=a,b\"."))
        {
            var equals = field.IndexOf('=', StringComparison.Ordinal);
            read[equals < 0 ? field.Trim() : field[..equals].Trim()] = equals < 0 ? "" : field[(equals + 1)..];
        }
        return new FlagFields(flag, text, read.ToImmutable());
    }

    /// <summary>A value that must be there.</summary>
    /// <param name="example">What would be right.</param>
    public string Required(string key, string example)
    {
        if (this[key] is not { Length: > 0 } value)
            throw Wrong($"'{key}' is missing. Example: {example}");
        return value;
    }

    /// <summary>True or false; null where the field is not there. One without a value is true.</summary>
    public bool? Switch(string key) => this[key] switch
    {
        null => null,
        "" or "1" or "t" or "T" or "true" or "True" or "TRUE" => true,
        "0" or "f" or "F" or "false" or "False" or "FALSE" => false,
        var other => throw Wrong($"{key}={other}: expected true or false."),
    };

    /// <summary>Refuses a key that is none of these, with the one that was meant.</summary>
    /// <param name="prefixes">What keys with names of the user's own begin with: <c>annotation.</c></param>
    public void RequireKnown(IEnumerable<string> known, params string[] prefixes)
    {
        var all = known.Order(StringComparer.Ordinal).ToList();
        var other = Keys.FirstOrDefault(key => !all.Contains(key, StringComparer.OrdinalIgnoreCase)
            && !prefixes.Any(prefix => key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)));
        if (other is null)
            return;
        var valid = string.Join(", ", all.Concat(prefixes.Select(prefix => prefix + "KEY")));
        throw Wrong($"unknown key '{other}'. {Suggestion.For(other, all) ?? $"Valid keys: {valid}."}");
    }

    public UsageException Wrong(string what) => new($"{flag} '{Text}': {what}");
}
