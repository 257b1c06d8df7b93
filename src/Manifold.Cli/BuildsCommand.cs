using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Manifold.Building.Recording;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary><c>manifold builds</c>: what was built here, the latest first.</summary>
internal static class BuildsCommand
{
    private const int Usual = 20;

    public static Command Create(CliContext context)
    {
        var last = new Option<int>("--last", "-n")
        {
            Description = $"How many builds to list. The store keeps the latest {Limits.BuildRecords}.",
            HelpName = "N",
            DefaultValueFactory = _ => Usual,
        };
        var json = new Option<bool>("--json") { Description = "Print JSON." };
        var command = new Command("builds", "List the latest builds. To see one, run: manifold report BUILD") { last, json };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(last) < 1)
                throw new UsageException("--last: expected 1 or more.");
            using var store = context.OpenStore();
            var records = new RecordedBuilds(store).Latest(parsed.GetValue(last), context.Warn);
            if (parsed.GetValue(json))
                context.Out.WriteLine(new JsonArray([.. records.Select(ToJson)]).ToJsonString());
            else
                Columns.Write(context, ["BUILD", "BEGUN", "TIME", "RESULT", "IMAGES", "PLATFORMS", "CACHED", "WHAT"],
                    [.. records.Select(ToRow)]);
        });
        return command;
    }

    private static string[] ToRow(BuildRecord record) =>
    [
        record.Id,
        record.Begin.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture),
        Amounts.Duration(record.Duration),
        record.Outcome.ToString().ToLowerInvariant(),
        record.Components.Length.ToString(CultureInfo.InvariantCulture),
        Platforms(record),
        $"{Cached(record)} of {record.Steps.Length}",
        record.Title,
    ];

    private static string Platforms(BuildRecord record)
    {
        var names = record.Platforms.Select(
            platform => platform.Os == "linux" ? platform.ToString()["linux/".Length..] : platform.ToString());
        return string.Join(',', names.DefaultIfEmpty("-"));
    }

    private static int Cached(BuildRecord record) => record.Steps.Count(step => step.State == StepState.Cached);

    private static JsonObject ToJson(BuildRecord record) => new()
    {
        ["id"] = record.Id,
        ["begin"] = record.Begin,
        ["seconds"] = Math.Round(record.Duration.TotalSeconds, 3),
        ["outcome"] = record.Outcome.ToString().ToLowerInvariant(),
        ["command"] = record.Command,
        ["file"] = record.File,
        ["steps"] = record.Steps.Length,
        ["cached"] = Cached(record),
        ["platforms"] = new JsonArray([.. record.Platforms.Select(platform => JsonValue.Create(platform.ToString()))]),
        ["images"] = new JsonArray([.. record.Components.Select(component => new JsonObject
        {
            ["name"] = component.Title,
            ["index"] = component.Index?.Digest.ToString(),
            ["published"] = component.Published,
            ["failure"] = component.Failure,
        })]),
    };
}
