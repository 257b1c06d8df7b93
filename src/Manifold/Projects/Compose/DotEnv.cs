using System.Collections.Immutable;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Compose;

/// <summary>Reads the <c>.env</c> beside a compose file: lines of <c>[export] NAME=VALUE</c>, with comments, quotes and variables.</summary>
/// <remarks>Source: the Compose specification, "Env_file format".</remarks>
internal static class DotEnv
{
    /// <summary>The environment, and what the file adds to it; without a file, the environment.</summary>
    /// <exception cref="ProjectFileException">A line cannot be read.</exception>
    public static ImmutableSortedDictionary<string, string> Read(string file, ImmutableSortedDictionary<string, string> environment)
    {
        if (!File.Exists(file))
            return environment;
        var folder = Path.GetDirectoryName(Path.GetFullPath(file))!;
        var faults = new FileFaults(ProjectText.Read(file, new ProjectPaths(folder, folder)));
        var read = environment.ToBuilder();
        for (var number = 0; number < faults.Source.Count; number++)
            ReadLine(faults, number, environment, read);
        if (faults.Source.FindNullCharacter() is { } place)
            faults.Add(place, NullCharacter.Refused + ".");
        faults.ThrowIfAny();
        return read.ToImmutable();
    }

    private static void ReadLine(FileFaults faults, int number, ImmutableSortedDictionary<string, string> environment, ImmutableSortedDictionary<string, string>.Builder read)
    {
        var line = faults.Source.Line(number).Trim().ToString();
        if (line.Length == 0 || line[0] == '#')
            return;
        if (line.StartsWith("export ", StringComparison.Ordinal))
            line = line[7..].TrimStart();
        var equals = line.IndexOf('=', StringComparison.Ordinal);
        var name = (equals < 0 ? line : line[..equals]).Trim();
        var place = faults.Source.PlaceOf(number, 0, Math.Max(1, line.Length));
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-'))
            faults.Add(place, $"'{name}' is not the name of a variable.", "Expected NAME=VALUE.");
        else if (equals >= 0 && !environment.ContainsKey(name))
            read[name] = Value(line[(equals + 1)..].Trim(), text => ((YamlScalar)new Interpolation(faults, read.GetValueOrDefault).Apply(new YamlScalar(text, false, place))).Text);
    }

    private static string Value(string text, Func<string, string> expand)
    {
        if (text.Length > 0 && text[0] is '\'' or '"' && text.IndexOf(text[0], 1) is var end and > 0)
            return text[0] == '\'' ? text[1..end] : expand(text[1..end].Replace("\\n", "\n", StringComparison.Ordinal));
        var comment = text.IndexOf(" #", StringComparison.Ordinal);
        return expand(comment < 0 ? text : text[..comment].TrimEnd());
    }
}
