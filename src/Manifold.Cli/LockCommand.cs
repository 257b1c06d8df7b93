using System.Collections.Immutable;
using System.CommandLine;
using Manifold.Building;
using Manifold.Building.Locking;
using Manifold.Events;
using Manifold.Projects;
using Manifold.Projects.Locking;
using Manifold.Projects.Reading;
using Manifold.Projects.Yaml;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary><c>manifold lock</c>: what a project stands on, by digest, in a file beside it. It builds nothing.</summary>
internal static class LockCommand
{
    public static Command Create(CliContext context)
    {
        var names = new Argument<string[]>("IMAGE")
        {
            Description = "The images or groups to pin. Default: the whole project. If the "
                + "first IMAGE is a folder, it is read as -f FOLDER.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var files = new Option<string[]>("--file", "-f")
        {
            Description = "The project file, or the folder that contains it. Default: the working folder.",
            HelpName = "FILE",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
        var set = new Option<string[]>("--set")
        {
            Description = "Override a key of an image, as in 'manifold bake'. Repeatable.",
            HelpName = "KEY=VALUE",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
        var variables = new Option<string[]>("--var")
        {
            Description = "Set a variable of the file, as in 'manifold bake'. Repeatable.",
            HelpName = "NAME=VALUE",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
        var update = new Option<bool>("--update") { Description = "Also update existing pins. By default, they do not change." };
        var command = new Command(
            "lock", "Pin every base image and source of a project by digest. The pins are in manifold.lock, next to the project file.")
        {
            names, files, set, variables, update,
        };
        var registries = RegistryAccess.AddTo(command);
        command.SetAction((parsed, cancellation) =>
        {
            var line = new LockLine([.. parsed.GetValue(files) ?? []], [.. parsed.GetValue(names) ?? []],
                [.. parsed.GetValue(set) ?? []], parsed.GetValue(update))
            {
                Variables = [.. (parsed.GetValue(variables) ?? []).Select(BakeOptions.Variable)],
            };
            if (line is { Files: [], Names: [var first, .. var rest] } && BakeOptions.IsFolder(first))
                line = line with { Files = [first], Names = [.. rest] };
            return new LockRun(context, registries.Read(parsed)).RunAsync(line, cancellation);
        });
        return command;
    }
}

/// <summary>A <c>manifold lock</c> command line, read.</summary>
internal sealed record LockLine(ImmutableArray<string> Files, ImmutableArray<string> Names, ImmutableArray<string> Set, bool Update)
{
    /// <summary>Variables that count more than those of the environment.</summary>
    public ImmutableArray<KeyValuePair<string, string>> Variables { get; init; } = [];
}

/// <summary>One run of <c>manifold lock</c>.</summary>
internal sealed class LockRun(CliContext context, RegistryChoice registries)
{
    public async Task<int> RunAsync(LockLine line, CancellationToken cancellation)
    {
        var folder = Directory.GetCurrentDirectory();
        var project = ProjectReader.Read(line.Files, BakeCommandLine.Reading(context, line.Variables, line.Set));
        var current = Current(line, project, folder);
        using var store = context.OpenStore();
        using var registry = RegistryAccess.Open(context, registries);
        using var inUse = await store.LockSharedAsync(() => PruneCommand.TellOfWaiting(context), cancellation);
        var tools = context.ToolsOn(store, registry);
        project = await RemoteContexts.PrepareAsync(
            project, store, source => SecretTexts.Read(source.Secrets, source.Ssh, context), cancellation);
        var graph = new GraphOptions
        {
            Names = line.Names,
            LayoutReference = await new TakenImages(tools.Store, tools.Registry)
                .PlaceLayoutsAsync(project, cancellation),
        };
        var made = await new LockMaker(tools)
            .MakeAsync(new LockRequest(project, graph) { Current = current, Update = line.Update }, Warn, cancellation);
        LockFile.Write(LockFile.PathOf(project, folder), made.Lock);
        await TellAsync(current, made);
        return 0;
    }

    /// <summary>What is pinned now. A file that cannot be read stands in nobody's way who makes the whole of it anew.</summary>
    private static ProjectLock Current(LockLine line, Project project, string folder)
    {
        try
        {
            return LockFile.Find(project, folder) ?? LockFile.Empty(project, folder);
        }
        catch (ProjectFileException) when (line is { Update: true, Names.IsEmpty: true })
        {
            return LockFile.Empty(project, folder);
        }
    }

    private async Task TellAsync(ProjectLock before, MadeLock made)
    {
        var images = Changes(before.Images, made.Lock.Images, image => $"{image.Digest}  {string.Join(", ", image.Platforms.Keys)}",
            (a, b) => a.Digest == b.Digest && a.Platforms.SequenceEqual(b.Platforms));
        foreach (var (what, name, now) in images.Concat(Changes(before.Sources, made.Lock.Sources, commit => commit, (a, b) => a == b)))
            await context.Out.WriteLineAsync($"{what,-8} {name}{(now is null ? "" : "  " + now)}");
        foreach (var without in made.Without)
            context.Warn($"not pinned, because its platform is optional: {without}");
        await context.Out.WriteLineAsync(
            $"{made.Lock.File}: {Amounts.Count(made.Lock.Images.Count, "image")}, {Amounts.Count(made.Lock.Sources.Count, "source")}");
    }

    private static IEnumerable<(string What, string Name, string? Now)> Changes<T>(
        ImmutableSortedDictionary<string, T> before,
        ImmutableSortedDictionary<string, T> now,
        Func<T, string> text,
        Func<T, T, bool> same) =>
        before.Keys.Union(now.Keys).Order(StringComparer.Ordinal)
            .Select(name => !now.TryGetValue(name, out var after) ? ("dropped", name, null)
                : (!before.TryGetValue(name, out var old) ? "pinned" : same(old, after) ? "kept" : "updated", name, (string?)text(after)));

    private void Warn(BuildEvent e)
    {
        if (e is Warned warned)
            context.Warn(warned.Message);
    }
}
