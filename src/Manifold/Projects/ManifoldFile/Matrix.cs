using System.Collections.Immutable;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.ManifoldFile;

/// <summary>One value for each variable of a matrix.</summary>
internal sealed record MatrixCombination(ImmutableArray<KeyValuePair<string, string>> Values)
{
    public IReadOnlyDictionary<string, string> Variables { get; } = Values.ToDictionary(StringComparer.Ordinal);

    /// <summary>The image's name where the file gives none: the key, then the values.</summary>
    public string NameOf(string key) =>
        string.Join('-',
            Values.Select(pair => new string([.. pair.Value.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' ? c : '-')]))
                .Prepend(key));
}

/// <summary>Reads <c>matrix: {VARIABLE: [VALUE, …], …}</c>; the first variable changes slowest.</summary>
internal sealed class Matrix(ValueReader values, Interpolation environment)
{
    public ImmutableArray<MatrixCombination> Read(YamlNode node)
    {
        if (!values.Map(node, "matrix", out var map))
            return [];
        ImmutableArray<MatrixCombination> combinations = [new MatrixCombination([])];
        foreach (var (key, value) in map.Entries)
        {
            var choices = values.Texts(environment.Apply(value), key.Text);
            if (choices.IsEmpty)
                values.Faults.Add(key.Place, $"the matrix variable '{key.Text}' has no values.");
            if ((long)combinations.Length * choices.Length > Limits.ProjectImages)
                throw new UsageException($"{key.Place}: this matrix creates more than {Limits.ProjectImages} images.");
            combinations = [.. combinations.SelectMany(before => choices.Select(choice =>
                new MatrixCombination(before.Values.Add(new(key.Text, choice.Text)))))];
        }
        return map.Entries.IsEmpty ? [] : combinations;
    }
}
