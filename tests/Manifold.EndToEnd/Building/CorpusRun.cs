using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Manifold.EndToEnd.Building;

/// <summary>Every case of <c>cases/dockerfile</c> built in one store, and listed.</summary>
/// <remarks>
/// <code>
/// 1  corpus.py serve      answers the URLs that cases add from
/// 2  corpus.py prepare    contexts and command lines
/// 3                       each case is built, a few at a time; its tag in the store says that it was
/// 4  corpus.py list       all images of the store
/// </code>
/// Happens once, when the first result is asked for. Where something is missing, everybody who asks is skipped.
/// </remarks>
public class CorpusRun : IDisposable
{
    /// <summary>The case that gives the base image itself, of which listings leave out what did not change.</summary>
    private const string Base = "from-base-alone";

    private const string Repository = "corpus.test/";

    private readonly Lazy<Task<IReadOnlyDictionary<string, CorpusCase.Result>>> results;

    public CorpusRun() => results = new(RunAsync);

    /// <summary>All cases, or those that the variable <c>MANIFOLD_CASES</c> names: what somebody looks at who works on them.</summary>
    public static IEnumerable<string> Names { get; } = Environment.GetEnvironmentVariable("MANIFOLD_CASES") is { Length: > 0 } chosen
        ? chosen.Split(' ').Append(Base).Distinct()
        : Cases.Names("dockerfile");

    /// <summary>By the cases' names.</summary>
    public Task<IReadOnlyDictionary<string, CorpusCase.Result>> Results => results.Value;

    protected Workshop Shop { get; } = new(Peer.VisibleFolder);

    public virtual void Dispose()
    {
        Shop.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives the contexts to who builds them.</summary>
    protected virtual Task HandOverAsync(string folder) => Task.CompletedTask;

    /// <summary>One command of the program.</summary>
    /// <param name="input">The file that it reads as standard input; null where it reads none.</param>
    protected virtual async Task<Workshop.Outcome> RunAsync(string[] arguments, string? input)
    {
        if (input is null)
            return await Shop.Run([], arguments);
        var result = await Tool.Try("sh",
            ["-c", "exec \"$@\" <\"$0\"", input, "env", $"MANIFOLD_ROOT={Shop.Root}", .. OurProgram.Words, .. arguments]);
        return new Workshop.Outcome(result.ExitCode, result.Output, result.Error);
    }

    private static string Script => Path.Combine(Cases.Folder("dockerfile"), "..", "corpus.py");

    private async Task<IReadOnlyDictionary<string, CorpusCase.Result>> RunAsync()
    {
        await Workshop.NeedBusyBox();
        // 1
        using var server = Start("serve");
        try
        {
            // 2
            var address = await server.StandardOutput.ReadLineAsync();
            var prepared = await Tool.Run("python3", [Script, "prepare", Shop["cases"], address!, .. Names]);
            var cases = JsonSerializer.Deserialize<Dictionary<string, Prepared>>(prepared, JsonSerializerOptions.Web)!;
            await HandOverAsync(Shop["cases"]);
            foreach (var (name, value) in cases.Values.First().Environment)
                Shop.Set[name] = value;
            // 3
            // An image's base layers may be left in its registry, and the store itself is listed.
            (await RunAsync(["pull", Workshop.BusyBox], null)).Succeeded();
            var outcomes = new ConcurrentDictionary<string, Workshop.Outcome>(StringComparer.Ordinal);
            await Parallel.ForEachAsync(cases, new ParallelOptions { MaxDegreeOfParallelism = 4 },
                async (each, _) => outcomes[each.Key] = await BuildAsync(each.Key, each.Value));
            // 4
            var listings = await ListAsync(outcomes.Where(each => each.Value.Code == 0).Select(each => each.Key));
            return outcomes.ToDictionary(each => each.Key,
                each => new CorpusCase.Result(listings.GetValueOrDefault(each.Key), Told(each.Value, each.Key, address!)));
        }
        finally
        {
            server.StandardInput.Close();
            await server.WaitForExitAsync();
        }
    }

    private async Task<Workshop.Outcome> BuildAsync(string name, Prepared prepared)
    {
        if (prepared.Base is not null
            && await RunAsync(["build", "--progress", "quiet", "--platform",
                prepared.Platforms, "-t", $"localhost:5001/manifold-corpus/{name}", prepared.Base], null) is { Code: not 0 } failed)
            return failed;
        return await RunAsync(
            ["build", "--progress", "quiet", "--verify", "off", .. prepared.Arguments, "-t", Repository + name, prepared.Context],
            prepared.Stdin);
    }

    /// <summary>
    /// What was said in the end, without what another run would say differently: folders, ports, and which platform came first.
    /// </summary>
    private string Told(Workshop.Outcome outcome, string name, string address)
    {
        var end =
            outcome.Error.IndexOf("manifold: ", StringComparison.Ordinal) is var start and >= 0 ? outcome.Error[start..] : outcome.Error;
        return Regex.Replace(
            end.Replace(Shop[Path.Combine("cases", name)] + "/", "", StringComparison.Ordinal)
                .Replace(Shop["cases"] + "/", "", StringComparison.Ordinal)
                .Replace(address, "{server}", StringComparison.Ordinal), "linux/(amd64|arm64)", "PLATFORM");
    }

    private async Task<Dictionary<string, string>> ListAsync(IEnumerable<string> names)
    {
        using var lister = Start("list", Image(Base));
        await lister.StandardInput.WriteAsync(JsonSerializer.Serialize(names.ToDictionary(name => name, Image)));
        lister.StandardInput.Close();
        var listings = await lister.StandardOutput.ReadToEndAsync();
        await lister.WaitForExitAsync();
        return JsonSerializer.Deserialize<Dictionary<string, string>>(listings)!;
    }

    private string Image(string name) => $"{Shop.Root}:{Repository}{name}:latest";

    private static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo("python3", [Script, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;

    /// <summary>A case as <c>corpus.py prepare</c> tells of it.</summary>
    private sealed record Prepared(
        string Context, string? Stdin, string[] Arguments, string? Base, string Platforms, Dictionary<string, string> Environment);
}
