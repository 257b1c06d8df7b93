using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Compose;

/// <summary>Reads files of variables: the <c>.env</c> beside a compose file, and those of <c>env_file</c>.</summary>
internal static class DotEnv
{
    /// <summary>The environment, and what the file adds to it; without a file, the environment.</summary>
    /// <exception cref="ProjectFileException">A line cannot be read.</exception>
    public static ImmutableSortedDictionary<string, string> Read(
        string file, ProjectPaths paths, ImmutableSortedDictionary<string, string> environment)
    {
        if (!File.Exists(file))
            return environment;
        var faults = new FileFaults(ProjectText.Read(file, paths));
        var read = Variables(faults, environment.GetValueOrDefault);
        faults.ThrowIfAny();
        return read.ToImmutableSortedDictionary(StringComparer.Ordinal).SetItems(environment);
    }

    /// <summary>The variables of the file that <paramref name="faults"/> is about.</summary>
    /// <param name="lookup">Variables that count more than those of the file where it uses some.</param>
    public static Dictionary<string, string> Variables(FileFaults faults, Func<string, string?> lookup)
    {
        if (faults.Source.FindNullCharacter() is { } place)
            faults.Add(place, NullCharacter.Refused + ".");
        var read = new Dictionary<string, string>(StringComparer.Ordinal);
        var text = new DotEnvText(faults.Source.Between(0, faults.Source.Count));
        var interpolation = new Interpolation(faults, name => lookup(name) ?? read.GetValueOrDefault(name)) { Waiting = [] };
        try
        {
            while (text.Next() is { } statement)
            {
                var value = statement.Value is null ? lookup(statement.Name)
                    : statement.IsLiteral ? statement.Value
                    : interpolation.Expand(statement.Value, faults.Source.PlaceOf(statement.Line, 0, 1));
                if (value is not null && statement.Name.Length > 0)
                    read[statement.Name] = value;
            }
        }
        catch (FormatException e)
        {
            faults.Add(PlaceOf(faults.Source, text.Line), e.Message, "Expected NAME=VALUE.");
        }
        return read;
    }

    private static Place PlaceOf(SourceText source, int line) =>
        line < source.Count
            ? source.PlaceOf(line, 0, Math.Max(1, source.Line(line).TrimEnd().Length))
            : source.PlaceOf(Math.Max(0, source.Count - 1), 0, 1);
}
