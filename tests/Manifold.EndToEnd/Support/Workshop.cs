using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using Manifold.Cli;
using Manifold.Content;

namespace Manifold.EndToEnd.Support;

/// <summary>Manifold as people use it: a store of its own, contexts, and the command line, in this process or in one of its own.</summary>
public sealed class Workshop(string? parent = null) : IDisposable
{
    /// <summary>A base image with a shell on five platforms, from the peers' registry.</summary>
    public const string BusyBox = "localhost:5001/busybox:1";

    private readonly TemporaryFolder folder = new(parent);

    /// <summary>What a command said, and the steps that a build told of.</summary>
    public sealed record Outcome(int Code, string Output, string Error)
    {
        /// <summary>Every finished step but those that only name a base.</summary>
        public ImmutableArray<FinishedStep> Steps { get; } = FinishedStep.Read(Error);

        public Outcome Succeeded()
        {
            Assert.True(Code == 0, $"exit code {Code}\n{Error}");
            return this;
        }
    }

    public string this[string relative] => folder[relative];
    public string Path => folder.Path;
    public string Root => folder["store"];

    /// <summary>Writes a file, and returns its path.</summary>
    public string Write(string relative, string content) => folder.Write(relative, content);

    /// <summary>A context of its own. The Dockerfile's <c>BASE</c> is the busybox.</summary>
    public string Context(string dockerfile, params (string Path, string Content)[] files)
    {
        var name = $"context-{Guid.NewGuid():N}";
        foreach (var (path, content) in files)
            folder.Write(System.IO.Path.Combine(name, path), content);
        return System.IO.Path.GetDirectoryName(
            folder.Write(System.IO.Path.Combine(name, "Dockerfile"), dockerfile.Replace("BASE", BusyBox, StringComparison.Ordinal)))!;
    }

    /// <summary>A build whose progress is JSON, so that its steps can be read.</summary>
    public Task<Outcome> Build(string context, params string[] arguments) => Run([.. arguments, context], "build", "--progress", "json");

    public Task<Outcome> Run(string[] more, params string[] arguments) => Run(new Speech(), more, arguments);

    /// <summary>As <see cref="Run(string[], string[])"/>, with what it says on standard error readable meanwhile.</summary>
    public async Task<Outcome> Run(Speech error, string[] more, params string[] arguments)
    {
        if (ReferenceEquals(Time, TimeProvider.System))
            return await RunProgram(error, [.. arguments, .. more]);
        using StringWriter output = new();
        var code = await CommandTree.RunAsync(new CliContext
        {
            Environment = Variables.SetItems(Set),
            Out = TextWriter.Synchronized(output),
            Error = TextWriter.Synchronized(error),
            Time = Time,
            Interactive = false,
            OpenInput = () => new MemoryStream(Input, writable: false),
        }, [.. arguments, .. more]);
        return new Outcome(code, output.ToString(), error.ToString());
    }

    private async Task<Outcome> RunProgram(Speech error, string[] arguments)
    {
        var start = new ProcessStartInfo("env", ["--default-signal=INT", .. OurProgram.Words, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Clear();
        foreach (var (name, value) in Variables.SetItems(Set).SetItem("TMPDIR", System.IO.Path.GetTempPath()))
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, said) = (process.StandardOutput.ReadToEndAsync(), error.CopyAsync(process.StandardError));
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(Input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all of it.
        }
        await process.WaitForExitAsync();
        await said;
        return new Outcome(process.ExitCode, await output, error.ToString());
    }

    /// <summary>The environment of commands.</summary>
    public ImmutableSortedDictionary<string, string> Variables => field ??= ImmutableSortedDictionary<string, string>.Empty
        .Add("MANIFOLD_ROOT", Root).Add("PATH", SearchPath ?? Environment.GetEnvironmentVariable("PATH") ?? "");

    /// <summary>The clock of commands. With a test's own clock they run in this process, else as a program.</summary>
    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>What commands find on standard input.</summary>
    public byte[] Input { get; set; } = [];

    /// <summary>Variables of a test's own.</summary>
    public Dictionary<string, string> Set { get; } = new(StringComparer.Ordinal);

    /// <summary>Where programs are looked for, if not where they are.</summary>
    public string? SearchPath { get; init; }

    /// <summary>The program itself. SIGINT means to it what it means in a terminal, whatever our own caller made of it.</summary>
    public Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo("env", ["--default-signal=INT", .. OurProgram.Words, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["MANIFOLD_ROOT"] = Root;
        return Process.Start(start)!;
    }

    /// <summary>Everything that trouble must leave as it was: names, what is in the making, mounts.</summary>
    public string State()
    {
        using var store = Store.Open(Root);
        var tags = store.Tags.List().Select(image => $"{image.Name} {image.Target.Digest}");
        var work = System.IO.Path.Combine(Root, "work");
        var leftovers = Directory.Exists(work)
            ? Directory.GetFileSystemEntries(work).Where(entry => !entry.EndsWith(".lock", StringComparison.Ordinal))
            : [];
        return string.Join('\n', [.. tags, .. leftovers, .. Mounts()]);
    }

    public IEnumerable<string> Mounts() =>
        File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains(Root + "/", StringComparison.Ordinal));

    /// <summary>Skips where the registry of base images is not there.</summary>
    public static async Task NeedBusyBox()
    {
        using var http = new HttpClient { BaseAddress = new Uri("http://localhost:5001"), Timeout = Eventually.Bound };
        try
        {
            using var answer = await http.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/v2/busybox/tags/list"));
            Assert.SkipUnless(answer.IsSuccessStatusCode, $"{BusyBox} is not there; bench/setup-peers.sh makes it.");
        }
        catch (HttpRequestException)
        {
            Assert.Skip("The registry of base images at localhost:5001 is not there; bench/setup-peers.sh starts it.");
        }
    }

    public void Dispose() => folder.Dispose();

}

/// <summary>One step as <c>--progress json</c> tells of it.</summary>
public sealed record FinishedStep(string Name, string Platform, bool Cached)
{
    internal static ImmutableArray<FinishedStep> Read(string lines)
    {
        var events = lines.Split('\n').Where(line => line.StartsWith("{\"event\"", StringComparison.Ordinal))
            .Select(line => JsonDocument.Parse(line).RootElement).ToList();
        var names = events.Where(each => Text(each, "event") == "stepStarted").GroupBy(each => Text(each, "step"))
            .ToDictionary(group => group.Key, group => Text(group.First(), "name"));
        return [.. events.Where(each => Text(each, "event") == "stepFinished")
            .Select(each => new FinishedStep(names[Text(each, "step")], Text(each, "platform"), each.GetProperty("cached").GetBoolean()))];

        static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
    }
}
