using System.Collections.Immutable;
using Manifold.Dockerfile;

namespace Manifold.Projects.Yaml;

/// <summary>
/// A piece of a YAML file and its place. A closed family: <see cref="YamlScalar"/>, <see cref="YamlList"/>, <see cref="YamlMap"/>.
/// </summary>
internal abstract record YamlNode(Place Place)
{
    /// <summary>What a compose file's <c>!reset</c> and <c>!override</c> say of it.</summary>
    public YamlMerge Merge { get; init; }

    /// <summary>How many nodes it is made of, those behind aliases counted each time.</summary>
    public abstract long Size { get; }

    /// <summary>What it is, for messages.</summary>
    public abstract string Kind { get; }
}

/// <param name="IsPlain">Written without quotes, so that it may mean null.</param>
internal sealed record YamlScalar(string Text, bool IsPlain, Place Place) : YamlNode(Place)
{
    public bool IsNull => IsPlain && Text is "" or "~" or "null" or "Null" or "NULL";

    public override long Size => 1;

    public override string Kind => IsNull ? "an empty value" : "a string";
}

internal sealed record YamlList(ImmutableArray<YamlNode> Items, Place Place) : YamlNode(Place)
{
    public override long Size { get; } = 1 + Items.Sum(item => item.Size);

    public override string Kind => "a list";
}

/// <summary>Keys are without repetition; merge keys are worked in.</summary>
internal sealed record YamlMap(ImmutableArray<YamlEntry> Entries, Place Place) : YamlNode(Place)
{
    public override long Size { get; } = 1 + Entries.Sum(entry => 1 + entry.Value.Size);

    public override string Kind => "a map";

    public YamlEntry? Find(string key) => Entries.FirstOrDefault(entry => entry.Key.Text == key);
}

internal sealed record YamlEntry(YamlScalar Key, YamlNode Value);

/// <summary>How a piece of a file is joined with what it stands over.</summary>
internal enum YamlMerge { Join, Replace, Remove }
