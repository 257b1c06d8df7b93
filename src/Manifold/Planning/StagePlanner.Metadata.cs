using System.Collections.Immutable;
using System.Globalization;
using Manifold.Dockerfile;
using Manifold.Oci;

namespace Manifold.Planning;

/// <content>The instructions that change the config and no file.</content>
internal sealed partial class StagePlanner
{
    private int exposed;

    private void Declare(ArgInstruction instruction)
    {
        foreach (var (name, fallback) in instruction.Arguments)
        {
            var value = plans.Request.BuildArguments.GetValueOrDefault(name)
                ?? (fallback is null ? null : Expand(fallback, instruction))
                ?? plans.Graph.GlobalScope.GetValueOrDefault(name)
                ?? plans.Graph.PlatformScope.GetValueOrDefault(name)
                ?? scope.FindArgument(name);
            scope = scope.WithArgument(name, value);
            if (value is not null)
                scope = scope.At(name, PlaceOf(instruction, name, fallback));
        }
        Note("ARG " + string.Join(' ', instruction.Arguments.Select(
            argument => scope.FindArgument(argument.Name) is { } value ? $"{argument.Name}={value}" : argument.Name)));
    }

    // A name that is only declared here has its value from before the first FROM, where it has one there.
    private Place PlaceOf(ArgInstruction instruction, string name, string? fallback) => fallback is not null ? instruction.Source.Place
        : plans.Tree.GlobalArguments.LastOrDefault(global => global.Arguments.Any(argument => argument.Name == name
            && argument.Default is not null))?.Source.Place ?? instruction.Source.Place;

    private void SetEnvironment(EnvInstruction instruction)
    {
        var before = scope.Find; // one instruction sees one snapshot: ENV abc=bye def=$abc uses the old abc
        var pairs = instruction.Pairs.Select(pair => (
            Name: plans.Diagnosing.Expand(pair.Key, before, instruction),
            Value: plans.Diagnosing.Expand(pair.Value, before, instruction))).ToList();
        foreach (var (name, value) in pairs)
            scope = scope.WithEnvironment(name, value).At(name, instruction.Source.Place);
        Note("ENV " + string.Join(' ', pairs.Select(pair => $"{pair.Name}={pair.Value}")));
    }

    private void SetLabels(LabelInstruction instruction)
    {
        var labels = config.Labels ?? ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
        var pairs =
            instruction.Pairs.Select(pair => KeyValuePair.Create(Expand(pair.Key, instruction), Expand(pair.Value, instruction))).ToList();
        config = config with { Labels = labels.SetItems(pairs) };
        Note("LABEL " + string.Join(' ', pairs.Select(pair => $"{pair.Key}={pair.Value}")));
    }

    private void ChangeFolder(WorkdirInstruction instruction)
    {
        var path = AbsolutePath(Expand(instruction.Path, instruction));
        config = config with { WorkingDir = path };
        var name = StepName(instruction);
        if (path == "/")
        {
            Note($"WORKDIR {path}");
            return;
        }
        using var key = new KeyBuilder();
        key.Add("workdir").Add(last.Digest).Add(platform.ToString()).Add(path).Add(config.User);
        Advance(new WorkdirStep
        {
            Digest = key.ToDigest(),
            Parent = last,
            Platform = platform,
            Place = instruction.Source.Place,
            Name = name,
            Path = path,
            Owner = config.User ?? "",
        }, $"WORKDIR {path}");
    }

    /// <summary>Joins to the working directory and takes <c>.</c>, <c>..</c> and doubled slashes out; never above the root.</summary>
    private string AbsolutePath(string path)
    {
        var folders = new List<string>();
        var full = path.StartsWith('/') ? path : $"{config.WorkingDir}/{path}";
        foreach (var part in full.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".." && folders.Count > 0)
                folders.RemoveAt(folders.Count - 1);
            else if (part is not ("." or ".."))
                folders.Add(part);
        }
        return "/" + string.Join('/', folders);
    }

    private void SetUser(UserInstruction instruction)
    {
        config = config with { User = Expand(instruction.User, instruction) };
        Note($"USER {config.User}");
    }

    private void Expose(ExposeInstruction instruction)
    {
        var ports = config.ExposedPorts ?? ImmutableSortedDictionary.Create<string, EmptyObject>(StringComparer.Ordinal);
        foreach (var word in ExpandToWords(instruction.Ports, instruction))
        {
            if (PortRange.TryParse(word, out var range) && (exposed += range.Last - range.First + 1) > Limits.ExposedPorts)
            {
                plans.Diagnosing.Add(instruction, $"EXPOSE has more than {Limits.ExposedPorts} ports.", at: word);
                break;
            }
            if (range is not null)
                ports = ports.SetItems(range.Ports.Select(port => KeyValuePair.Create(port, new EmptyObject())));
            else
                plans.Diagnosing.Add(instruction, $"'{word}' is not a port.",
                    "Expected PORT[-PORT][/tcp|/udp|/sctp], for example 8080/tcp.", word);
        }
        config = config with { ExposedPorts = ports };
        Note("EXPOSE " + string.Join(' ', instruction.Ports));
    }

    private void AddVolumes(VolumeInstruction instruction)
    {
        var volumes = config.Volumes ?? ImmutableSortedDictionary.Create<string, EmptyObject>(StringComparer.Ordinal);
        var paths = ExpandAll(instruction.Paths, instruction).ToList();
        if (paths.Any(path => path.Trim().Length == 0))
            plans.Diagnosing.Add(instruction, "VOLUME has an empty path.", null);
        config = config with { Volumes = volumes.SetItems(paths.Select(path => KeyValuePair.Create(path, new EmptyObject()))) };
        Note($"VOLUME [{string.Join(' ', paths)}]");
    }

    private IEnumerable<string> ExpandToWords(IEnumerable<string> words, Instruction instruction) =>
        words.SelectMany(word => plans.Diagnosing.ExpandToWords(word, scope.Find, instruction));

    private void SetStopSignal(StopSignalInstruction instruction)
    {
        config = config with { StopSignal = Expand(instruction.Signal, instruction) };
        if (!StopSignals.IsKnown(config.StopSignal))
            plans.Diagnosing.Add(instruction, $"'{config.StopSignal}' is not a signal.",
                StopSignals.Like(config.StopSignal) ?? "Expected a name, for example SIGTERM, or a number.", instruction.Signal);
        Note($"STOPSIGNAL {config.StopSignal}");
    }

    private void SetShell(ShellInstruction instruction)
    {
        config = config with { Shell = instruction.Words };
        Note($"SHELL [{string.Join(' ', instruction.Words)}]");
    }

    private void SetHealthcheck(HealthcheckInstruction instruction)
    {
        ImmutableArray<string> test = instruction.Test switch
        {
            null => ["NONE"],
            { IsExec: true } command => ["CMD", .. command.Words],
            var command => ["CMD-SHELL", command.Words.FirstOrDefault() ?? ""],
        };
        config = config with
        {
            Healthcheck = new Healthcheck
            {
                Test = test,
                Interval = Given(instruction.Interval),
                Timeout = Given(instruction.Timeout),
                StartPeriod = Given(instruction.StartPeriod),
                StartInterval = Given(instruction.StartInterval),
                Retries = instruction.Retries > 0 ? instruction.Retries : null,
            },
        };
        Note("HEALTHCHECK " + string.Join(' ', test));

        static long? Given(long nanoseconds) => nanoseconds > 0 ? nanoseconds : null;
    }

    private void SetAuthor(MaintainerInstruction instruction)
    {
        image = image with { Author = instruction.Name };
        Note($"MAINTAINER {instruction.Name}");
    }

    private void SetCommand(CmdInstruction instruction)
    {
        config = config with
        {
            Cmd = WithShell(instruction.Command, ShellText(instruction.Command)),
            ArgsEscaped = instruction.Command.IsExec ? config.ArgsEscaped : true,
        };
        commandIsOurs = true;
        Note($"CMD {AsJson(config.Cmd!.Value)}");
    }

    private void SetEntrypoint(EntrypointInstruction instruction)
    {
        // A base's CMD holds arguments for the base's ENTRYPOINT (Dockerfile reference, "Understand how CMD and ENTRYPOINT interact").
        config = config with
        {
            Entrypoint = WithShell(instruction.Command, ShellText(instruction.Command)),
            Cmd = commandIsOurs ? config.Cmd : null,
        };
        Note($"ENTRYPOINT {AsJson(config.Entrypoint!.Value)}");
    }

    private ImmutableArray<string> WithShell(CommandLine command, string text) => command.IsExec ? command.Words : [.. Shell, text];

    private static string ShellText(CommandLine command) => command.Words.FirstOrDefault() ?? "";

    private static string AsJson(ImmutableArray<string> words) =>
        string.Create(CultureInfo.InvariantCulture, $"[{string.Join(' ', words.Select(word => $"\"{word}\""))}]");
}
