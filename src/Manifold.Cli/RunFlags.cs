using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Net;
using Manifold.Dockerfile;
using Manifold.Planning;
using Manifold.Sandbox;

namespace Manifold.Cli;

/// <summary>What RUNs get and may do: flags of <c>manifold build</c>, with buildx's names and meaning.</summary>
internal sealed class RunFlags
{
    private static readonly string[] Networks = ["default", "none", "host"];
    private static readonly string[] LimitNames =
        ["core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile", "nproc", "rss", "rtprio", "rttime", "sigpending", "stack"];

    private readonly Option<string[]> secrets = Many("--secret", "A secret for RUN --mount=type=secret: id=ID,src=FILE or id=ID,env=VARIABLE. It is in no layer, cache, log or report. Repeatable.", "SECRET");
    private readonly Option<string[]> agents = Many("--ssh", "An ssh agent for RUN --mount=type=ssh: default, or ID=SOCKET, or ID=KEY[,KEY…]. Repeatable.", "AGENT");
    private readonly Option<string?> network = new("--network") { Description = "For RUNs that do not say: default (this machine's network; no daemon keeps another), none (loopback only), host.", HelpName = "MODE" };
    private AllowFlag allow = null!;
    private readonly Option<string[]> hosts = Many("--add-host", "A line for RUNs' /etc/hosts: HOST:IP; the IP host-gateway is this machine. Repeatable.", "HOST:IP");
    private readonly Option<string?> sharedMemory = new("--shm-size") { Description = "Size of RUNs' /dev/shm, e.g. 256m (default: 64m).", HelpName = "SIZE" };
    private readonly Option<string[]> limits = Many("--ulimit", "A limit for RUNs: TYPE=SOFT[:HARD], e.g. nofile=4096. Repeatable.", "LIMIT");
    private readonly Option<string?> cgroupParent = new("--cgroup-parent") { Description = "The control group that those of RUNs are made in.", HelpName = "GROUP" };

    public static RunFlags AddTo(Command command)
    {
        var flags = new RunFlags();
        Option[] all = [flags.secrets, flags.agents, flags.network, flags.hosts, flags.sharedMemory, flags.limits, flags.cgroupParent];
        foreach (var option in all)
            command.Add(option);
        flags.allow = AllowFlag.AddTo(command);
        return flags;
    }

    /// <exception cref="UsageException">A flag is wrong, or a secret's file is not there.</exception>
    public RunSettings Read(ParseResult parsed, CliContext context)
    {
        var mode = parsed.GetValue(network) is { } given ? Enum.Parse<RunNetwork>(Known("--network", given, Networks), ignoreCase: true) : RunNetwork.Default;
        return allow.Read(parsed).To(SecretTexts.Read(parsed.GetValue(secrets) ?? [], parsed.GetValue(agents) ?? [], context) with
        {
            Network = mode,
            AllowHostNetwork = mode == RunNetwork.Host, // who asks for it allows it
            Hosts = [.. (parsed.GetValue(hosts) ?? []).Select(Host)],
            SharedMemory = parsed.GetValue(sharedMemory) is { } size ? Memory(size) : null,
            Limits = [.. (parsed.GetValue(limits) ?? []).Select(Limit).GroupBy(limit => limit.Name).Select(group => group.Last())],
            CgroupParent = parsed.GetValue(cgroupParent) is { Length: > 0 } parent ? Linux.User.IsRoot ? Group(parent) : throw NoGroups(parent) : null,
        });
    }

    private static UsageException NoGroups(string parent) =>
        new($"--cgroup-parent {parent}: RUNs of an ordinary user stay in the control group that he is in. Leave it out, or: sudo manifold …");

    internal static string Known(string flag, string given, string[] known) => known.Contains(given) ? given
        : throw new UsageException($"{flag} {given}: expected {string.Join(", ", known)}.{(Suggestion.For(given, known) is { } hint ? $" {hint}" : "")}");

    private static ExtraHost Host(string text)
    {
        // HOST=IP is the newer form, and the one that IPv6 in brackets is written in.
        var at = text.IndexOfAny(['=', ':']);
        if (at <= 0 || at == text.Length - 1)
            throw new UsageException($"--add-host '{text}': expected HOST:IP, e.g. registry.local:10.0.0.7.");
        var (name, address) = (text[..at], text[(at + 1)..].Trim('[', ']'));
        if (address == "host-gateway")
            return new ExtraHost(name, "127.0.0.1"); // a RUN has this machine's own network
        return IPAddress.TryParse(address, out _) ? new ExtraHost(name, address) : throw new UsageException($"--add-host '{text}': '{address}' is not an IP address.");
    }

    private static long Memory(string text)
    {
        // As Docker reads sizes of memory: m is MiB.
        var binary = text.Trim().ToLowerInvariant() is var lower && lower.Length > 1 && "kmgt".Contains(lower.TrimEnd('b').TrimEnd('i')[^1], StringComparison.Ordinal)
            ? lower.TrimEnd('b').TrimEnd('i') + "ib" : text;
        var bytes = ByteSize.Parse(binary);
        return bytes > 0 ? bytes : throw new UsageException($"--shm-size {text}: expected a size, e.g. 256m.");
    }

    private static ResourceLimit Limit(string text)
    {
        var (name, values) = text.IndexOf('=', StringComparison.Ordinal) is > 0 and var at ? (text[..at], text[(at + 1)..].Split(':')) : throw Wrong();
        if (!LimitNames.Contains(name))
            throw new UsageException($"--ulimit '{text}': there is no limit '{name}'. {Suggestion.For(name, LimitNames) ?? "Known: " + string.Join(", ", LimitNames)}");
        if (values.Length > 2 || !Number(values[0], out var soft) || !Number(values[^1], out var hard))
            throw Wrong();
        return hard == -1 || (soft != -1 && soft <= hard) ? new ResourceLimit(name, soft, hard)
            : throw new UsageException($"--ulimit '{text}': the soft limit is above the hard one.");

        static bool Number(string text, out long number) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number) && number >= -1;
        UsageException Wrong() => new($"--ulimit '{text}': expected TYPE=SOFT[:HARD], e.g. nofile=1024:4096.");
    }

    private static string Group(string text) => text.Split('/').Contains("..") ? throw new UsageException($"--cgroup-parent '{text}' leaves the tree of control groups.") : text;

    private static Option<string[]> Many(string name, string description, string helpName) =>
        new(name) { Description = description, HelpName = helpName, Arity = ArgumentArity.OneOrMore, AllowMultipleArgumentsPerToken = false };
}
