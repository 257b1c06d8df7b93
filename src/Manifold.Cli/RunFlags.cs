using System.Collections.Immutable;
using System.CommandLine;
using Manifold.Dockerfile;
using Manifold.Planning;

namespace Manifold.Cli;

/// <summary>What RUNs get and may do: flags of <c>manifold build</c>, with buildx's names and meaning.</summary>
internal sealed class RunFlags
{
    private readonly Option<string[]> secrets = Many("--secret", "A secret for RUN --mount=type=secret: id=ID,src=FILE or "
        + "id=ID,env=VARIABLE. It is never written to a layer, cache, log or report. Repeatable.", "SECRET");
    private readonly Option<string[]> agents = Many("--ssh", "An ssh agent for RUN --mount=type=ssh: default, ID=SOCKET or ID=KEY[,KEY]. "
        + "Repeatable.", "AGENT");
    private readonly Option<string?> network = new("--network")
    {
        Description = "The network of RUN steps that do not set --network: default (a private network that cannot reach this machine's "
            + "localhost), none (no network) or host (the network of this machine).",
        HelpName = "MODE"
    };
    private AllowFlag allow = null!;
    private readonly Option<string[]> hosts = Many("--add-host",
        "Add a host to /etc/hosts in RUN steps. As IP, host-gateway is the address of this machine. Repeatable.", "HOST:IP");
    private readonly Option<string?> sharedMemory = new("--shm-size")
    {
        Description = "The size of /dev/shm in RUN steps, such as 256m. Default: 64m.",
        HelpName = "SIZE",
    };
    private readonly Option<string[]> limits = Many("--ulimit",
        "A limit for RUN steps: TYPE=SOFT[:HARD], such as nofile=4096. Repeatable.", "LIMIT");
    private readonly Option<string?> cgroupParent = new("--cgroup-parent")
    {
        Description = "The parent cgroup of RUN steps.",
        HelpName = "GROUP",
    };

    public static RunFlags AddTo(Command command)
    {
        var flags = new RunFlags();
        Option[] all = [flags.secrets, flags.agents, flags.network, flags.hosts, flags.sharedMemory, flags.limits, flags.cgroupParent];
        foreach (var option in all)
            command.Add(option);
        flags.allow = AllowFlag.AddTo(command);
        return flags;
    }

    public Allowance Allowed(ParseResult parsed) => allow.Read(parsed);

    /// <exception cref="UsageException">A flag is wrong, or a secret's file is not there.</exception>
    public RunSettings Read(ParseResult parsed, CliContext context)
    {
        var mode = parsed.GetValue(network) is { } given ? RunTexts.Network("--network", given) : RunNetwork.Default;
        return allow.Read(parsed).To(SecretTexts.Read(parsed.GetValue(secrets) ?? [], parsed.GetValue(agents) ?? [], context) with
        {
            Network = mode,
            AllowHostNetwork = mode == RunNetwork.Host, // who asks for it allows it
            Hosts =
            [
                .. (parsed.GetValue(hosts) ?? [])
                    .SelectMany(text => text.Split(','))
                    .Select(text => RunTexts.Host("--add-host", text)),
            ],
            SharedMemory = parsed.GetValue(sharedMemory) is { } size ? RunTexts.Memory("--shm-size", size) : null,
            Limits = [.. (parsed.GetValue(limits) ?? []).Select(text => RunTexts.Limit("--ulimit", text)).GroupBy(limit => limit.Name)
                .Select(group => group.Last())],
            CgroupParent =
                parsed.GetValue(cgroupParent) is { Length: > 0 } parent ? Linux.User.IsRoot ? Group(parent) : throw NoGroups(parent) : null,
        });
    }

    private static UsageException NoGroups(string parent) =>
        new($"--cgroup-parent {parent}: only root can choose a cgroup. Leave it out, or run the command with sudo.");

    private static string Group(string text)
    {
        if (text.Split('/').Contains(".."))
            throw new UsageException($"--cgroup-parent '{text}' must not contain '..'.");
        return text;
    }

    private static Option<string[]> Many(string name, string description, string helpName) =>
        new(name)
        {
            Description = description,
            HelpName = helpName,
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = false,
        };
}
