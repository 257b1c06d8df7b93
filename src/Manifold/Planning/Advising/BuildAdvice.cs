using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json.Serialization;

namespace Manifold.Planning.Advising;

/// <summary>The kinds of advice. <c>docs/advice.md</c> has a section for each.</summary>
internal enum AdviceKind
{
    [JsonStringEnumMemberName("cross-compile")] CrossCompile,
    [JsonStringEnumMemberName("newer-patch")] NewerPatch,
    [JsonStringEnumMemberName("shared-base")] SharedBase,
}

/// <summary>A suggestion that makes a build faster or its images safer or smaller. It changes no digest and no exit code.</summary>
/// <param name="Message">One line: where, what, and what to do.</param>
internal sealed record BuildAdvice(AdviceKind Kind, string Message)
{
    private static readonly FrozenDictionary<AdviceKind, string> Ids = Enum.GetValues<AdviceKind>().ToFrozenDictionary(
        kind => kind, kind => typeof(AdviceKind).GetField(kind.ToString())!.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()!.Name);

    /// <summary>The images of the project that it is about, separated by commas; empty for a single build.</summary>
    public string Component { get; init; } = "";

    /// <summary>The lines to write in the Dockerfile.</summary>
    public ImmutableArray<string> Lines { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The kind as documents and programs name it.</summary>
    [JsonIgnore] public string Id => Ids[Kind];

    [JsonIgnore] public string Page => $"docs/advice.md#{Id}";

    /// <summary>Merges equal advice for several images.</summary>
    public static IEnumerable<BuildAdvice> Merged(IEnumerable<BuildAdvice> all) =>
        from advice in all
        group advice by (advice.Kind, advice.Message, Lines: string.Join('\n', advice.Lines)) into same
        let components = same.Select(each => each.Component).Where(name => name.Length > 0).Distinct()
        select same.First() with { Component = string.Join(", ", components) };
}
