using System.Collections.Immutable;
using System.Globalization;
using Manifold.Dockerfile;

namespace Manifold.Planning;

/// <content>RUN.</content>
internal sealed partial class StagePlanner
{
    /// <summary>Where a script that begins with <c>#!</c> lies while it runs, under the name of its heredoc (BuildKit's place).</summary>
    private const string ScriptFolder = "/dev/pipes/";

    private void Run(RunInstruction run)
    {
        var settings = plans.Request.Run;
        if (run.Security == RunSecurity.Insecure && !settings.AllowInsecure)
            plans.Diagnosing.Add(run, "RUN --security=insecure, which gives access to all capabilities and devices of this machine, is "
                + "not allowed.", "If you trust this Dockerfile, add: --allow security.insecure", "--security");
        if (run.Network == RunNetwork.Host && !settings.AllowHostNetwork)
            plans.Diagnosing.Add(run,
                "RUN --network=host is not allowed.", "If you trust this Dockerfile, add: --allow network.host", "--network");
        var script = run.ScriptIsFile ? new InlineFile(ScriptFolder + run.Heredocs[0].Name, run.Script!) : null;
        var command = WithShell(run.Command, script?.Name ?? run.ShellText);
        var arguments = scope.VisibleArguments.Select(argument => $"{argument.Key}={argument.Value}").ToImmutableArray();
        var shown = arguments.IsEmpty ? "" : $"|{arguments.Length} {string.Join(' ', arguments)} ";
        var mounts = run.Mounts.Select((mount, i) => MountOf(run, mount, i)).OfType<StepMount>().ToImmutableArray();
        var network = run.Network == RunNetwork.Default ? settings.Network : run.Network;
        var name = StepName(run);
        using var key = new KeyBuilder();
        key.Add("run").Add(last.Digest).Add(platform.ToString()).AddAll(command).AddAll(scope.Environment).AddAll(arguments)
            .Add(config.WorkingDir).Add(config.User).Add((long)network).Add((long)run.Security).Add(script?.Content);
        foreach (var mount in mounts)
            mount.AddTo(key).Add(mount.From?.Digest.ToString()).Add(mount.Folder?.Path);
        Advance(new RunStep
        {
            Digest = key.ToDigest(),
            Parent = last,
            Platform = platform,
            Place = run.Source.Place,
            Name = name,
            Arguments = command,
            Environment = [.. scope.Environment, .. arguments],
            ProxyEnvironment = Proxies(),
            WorkingDirectory = config.WorkingDir is { Length: > 0 } folder ? folder : "/",
            User = config.User ?? "",
            VariablePlaces = scope.Places,
            Network = network,
            Security = run.Security,
            Script = script,
            Mounts = mounts,
        }, $"RUN {shown}{string.Join(' ', command)}");
    }

    /// <summary>The mount with the values of this line; null where it is wrong, which is noted.</summary>
    private StepMount? MountOf(RunInstruction run, RunMount written, int index)
    {
        if (!RunMount.TryParse(written.Text, value => Expansion.Expand(value, scope.Find, plans.Tree.Escape), out var mount, out var error))
        {
            plans.Diagnosing.Add(run, $"--mount={written.Text}: {error.Message}.", error.Hint, $"--mount={written.Text}");
            return null;
        }
        switch (mount.Type)
        {
            case MountType.Secret:
                return SecretOf(run, mount);
            case MountType.Ssh:
                var agent = mount.Id is { Length: > 0 } id ? id : "default";
                if (mount.Required && !plans.Request.Run.Agents.Any(known => known.Id == agent))
                    plans.Diagnosing.Add(run, $"--mount={written.Text} needs an ssh agent, but none is given.", $"Add: --ssh {agent}",
                        $"--mount={written.Text}");
                return new StepMount
                {
                    Definition = mount,
                    Id = agent,
                    Target = TargetOf(run,
                        mount, mount.Target ?? $"/run/buildkit/ssh_agent.{index.ToString(CultureInfo.InvariantCulture)}"),
                };
        }
        if (mount.Target is not { Length: > 0 } given)
        {
            plans.Diagnosing.Add(run, $"--mount={written.Text}: the target is missing.", "Add the path in the container: target=/path",
                $"--mount={written.Text}");
            return null;
        }
        var target = TargetOf(run, mount, given);
        if (mount.Type == MountType.Tmpfs)
            return new StepMount { Definition = mount, Target = target };
        var (step, folder) = mount.From is null ? default : plans.SourceOf(stage, run, mount.From);
        return new StepMount
        {
            Definition = mount,
            Target = target,
            From = step,
            Folder = folder,
            Id = mount.Type == MountType.Cache ? StepMount.CacheId(mount, target, platform) : "",
        };
    }

    private StepMount SecretOf(RunInstruction run, RunMount mount)
    {
        var id = mount.Source ?? mount.Id ?? LastName(mount.Target!);
        if (mount.Required && !plans.Request.Run.Secrets.Any(secret => secret.Id == id))
            plans.Diagnosing.Add(run, $"--mount={mount.Text} needs the secret '{id}', which is not given.",
                $"Add: --secret id={id},src=FILE or --secret id={id},env=VARIABLE", $"--mount={mount.Text}");
        var target = mount.Target ?? (mount.Env is null ? "/run/secrets/" + LastName(id) : "");
        return new StepMount { Definition = mount, Id = id, Target = target.Length == 0 ? "" : TargetOf(run, mount, target) };
    }

    private string TargetOf(RunInstruction run, RunMount mount, string target)
    {
        var path = AbsolutePath(target);
        if (path == "/")
            plans.Diagnosing.Add(run, $"--mount={mount.Text}: the target cannot be the root folder.", "Use another folder: target=/path",
                $"--mount={mount.Text}");
        return path;
    }

    private static string LastName(string path) => path[(path.TrimEnd('/').LastIndexOf('/') + 1)..].TrimEnd('/');

    /// <summary>
    /// Proxy settings are usable without ARG and change neither history nor key (Dockerfile reference, "Predefined ARGs").
    /// </summary>
    private ImmutableArray<string> Proxies() =>
    [
        .. from argument in plans.Request.BuildArguments
           where PredefinedArguments.IsProxy(argument.Key)
           // Programs disagree on the case; one that is given stands for both.
           from name in new[] { argument.Key, argument.Key.ToUpperInvariant(), argument.Key.ToLowerInvariant() }.Distinct()
           where scope.Find(name) is null && (name == argument.Key || !plans.Request.BuildArguments.ContainsKey(name))
           select $"{name}={argument.Value}",
    ];
}
