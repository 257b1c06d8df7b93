using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Tests.Planning;

/// <summary>Each case of <c>cases/plans</c>: its plan stays as it is, and its config and history are those of BuildKit.</summary>
/// <remarks>The README there says what is compared, and how to ask BuildKit again.</remarks>
public sealed class PlanningEachCase
{
    private const string Mark = " # buildkit";

    public static TheoryData<string> All => [.. PlanCase.Names];

    /// <summary>The cases with an answer of BuildKit.</summary>
    public static TheoryData<string> Compared => [.. PlanCase.Names.Where(name => File.Exists(new PlanCase(name).File("buildkit.json")))];

    [Theory]
    [MemberData(nameof(All))]
    public void the_plan_stays_as_it_is(string name)
    {
        var each = new PlanCase(name);

        Cases.Expect(each.File("plan.json"), PlanJson.Write(each.Plan()) + "\n");
    }

    [Theory]
    [MemberData(nameof(Compared))]
    public void config_and_history_are_those_of_BuildKit(string name)
    {
        var each = new PlanCase(name);
        var theirs = JsonNode.Parse(File.ReadAllText(each.File("buildkit.json")))!.AsObject();
        var plan = each.Plan();
        var departures = File.Exists(each.File("departs-from-buildkit.txt"))
            ? File.ReadAllLines(each.File("departs-from-buildkit.txt")).Where(line => !line.StartsWith('#')).ToArray() : [];

        Assert.Equal(theirs.Count, plan.Images.Length);
        var differences = plan.Images.SelectMany(image => Differences(image, theirs)).Distinct();

        Assert.Equal(Text(departures), Text(differences));

        static string Text(IEnumerable<string> lines) => string.Join('\n', lines.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void every_case_is_compared_or_says_why_not() =>
        Assert.Empty(PlanCase.Names.Select(name => new PlanCase(name))
            .Where(each => File.Exists(each.File("buildkit.json")) == File.Exists(each.File("not-compared.txt")))
            .Select(each => each.File("")));

    /// <summary>The lines of BuildKit that we lack (<c>-</c>) and ours that it lacks (<c>+</c>); of history with their place.</summary>
    private static IEnumerable<string> Differences(ImagePlan image, JsonObject theirs)
    {
        var (config, platform) = (JsonNode.Parse(image.Config.ToJson())!.AsObject(), image.Platform.ToString());
        var history = image.History.Select(entry => (entry.CreatedBy, entry.Step is null));
        var ours = Lines(config, [.. Entries(config), .. history]).ToList();
        var other = theirs[platform] ?? theirs[image.Config.Platform.ToString()]
            ?? throw new InvalidOperationException($"buildkit.json has no {platform}.");
        var expected = Lines(other.AsObject(), [.. Entries(other.AsObject())]).ToList();
        return expected.Except(ours).Select(line => "-" + line).Concat(ours.Except(expected).Select(line => "+" + line));
    }

    private static IEnumerable<(string CreatedBy, bool IsEmpty)> Entries(JsonObject config) =>
        (config["history"]?.AsArray() ?? []).Select(entry => ((string)entry!["created_by"]!, (bool?)entry["empty_layer"] is true));

    private static IEnumerable<string> Lines(JsonObject config, ImmutableArray<(string CreatedBy, bool IsEmpty)> history)
    {
        yield return $"platform {Platform.Normalized((string)config["os"]!, (string)config["architecture"]!, (string?)config["variant"])}";
        if (config["author"] is { } author)
            yield return $"author {author.ToJsonString()}";
        foreach (var (key, value) in config["config"]!.AsObject())
            yield return $"config {key} {Sorted(value)?.ToJsonString()}";
        foreach (var (entry, i) in history.Select((entry, i) => (entry, i)))
            yield return $"history {i} {(entry.IsEmpty ? "without" : "with")} a layer: "
                + (entry.CreatedBy.EndsWith(Mark, StringComparison.Ordinal) ? entry.CreatedBy[..^Mark.Length] : entry.CreatedBy)
                    .Replace("\n", "\\n", StringComparison.Ordinal);
    }

    /// <summary>Members in order: labels and ports are sets.</summary>
    private static JsonNode? Sorted(JsonNode? value) => value is not JsonObject members ? value?.DeepClone()
        : new JsonObject(members.OrderBy(member => member.Key, StringComparer.Ordinal).Select(member =>
            KeyValuePair.Create(member.Key, Sorted(member.Value))));
}
