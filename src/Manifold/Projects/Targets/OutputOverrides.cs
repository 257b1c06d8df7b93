using System.Collections.Immutable;
using Manifold.Dockerfile;

namespace Manifold.Projects.Targets;

/// <summary>What <c>--push</c> and <c>--load</c>, and <c>--set</c> with these keys, make of a target's outputs.</summary>
/// <remarks>Source: buildx's <c>setPushOverride</c> and <c>setLoadOverride</c>.</remarks>
internal static class OutputOverrides
{
    public static BakeTarget Push(BakeTarget target, bool push) =>
        With(target, Pushed([.. target.Items("output").Select(item => item.Value)], push));

    public static BakeTarget Load(BakeTarget target) => With(target, Loaded([.. target.Items("output").Select(item => item.Value)]));

    public static ImmutableArray<string> Pushed(ImmutableArray<string> outputs, bool push)
    {
        if (!push)
            return [.. outputs.Where(text => TypeOf(text) != "registry")
                .Select(text => TypeOf(text) == "image" ? WithPush(text, "false") : text)];
        ImmutableArray<string> changed = [.. outputs.Select(text => TypeOf(text) == "image" ? WithPush(text, "true") : text)];
        return changed.All(text => TypeOf(text) == "docker") ? changed.Add("type=image,push=true") : changed;
    }

    public static ImmutableArray<string> Loaded(ImmutableArray<string> outputs) =>
        outputs.All(text => TypeOf(text) is "docker" or "image" or "registry" or "oci")
            && !outputs.Any(text => TypeOf(text) == "docker" && !Fields(text)
            .Any(field => field.StartsWith("dest=", StringComparison.Ordinal)))
            ? outputs.Add("type=docker") : outputs;

    private static BakeTarget With(BakeTarget target, ImmutableArray<string> outputs)
    {
        var span = target.Find("output")?.Span ?? target.Span;
        return target.Set("output", [.. outputs.Select(text => new BakeItem(null, text, span))], span);
    }

    private static string WithPush(string text, string value) =>
        string.Join(',', Fields(text).Where(field => field.Split('=')[0] != "push").Append($"push={value}")
            .Select(field => field.Contains(',', StringComparison.Ordinal) ? $"\"{field}\"" : field));

    private static string TypeOf(string text) =>
        Fields(text).FirstOrDefault(field => field.StartsWith("type=", StringComparison.Ordinal))?["type=".Length..] ?? "local";

    private static IEnumerable<string> Fields(string text) => (Csv.Split(text) ?? [text]).Select(field => field.Trim());
}
