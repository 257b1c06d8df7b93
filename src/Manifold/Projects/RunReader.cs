using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Planning;
using Manifold.Projects.Yaml;

namespace Manifold.Projects;

/// <summary>What a file says of a build's RUNs, as it is written. Null where nothing is said.</summary>
internal sealed record RunTextsOfFile
{
    public Located? Network { get; init; }
    public Located? SharedMemory { get; init; }

    /// <summary><c>HOST=IP</c></summary>
    public ImmutableArray<Located>? Hosts { get; init; }

    /// <summary><c>TYPE=SOFT[:HARD]</c></summary>
    public ImmutableArray<Located>? Limits { get; init; }
    public ImmutableArray<Located>? Entitlements { get; init; }

    public RunTextsOfFile Over(RunTextsOfFile below) => new()
    {
        Network = Network ?? below.Network,
        SharedMemory = SharedMemory ?? below.SharedMemory,
        Hosts = Hosts ?? below.Hosts,
        Limits = Limits ?? below.Limits,
        Entitlements = Entitlements ?? below.Entitlements,
    };
}

/// <summary>Makes settings of RUNs of what a file says; what cannot be is a fault at its place.</summary>
internal sealed class RunReader(Action<Place, string> fault)
{
    public BuildSource Apply(RunTextsOfFile texts, BuildSource build)
    {
        var network = Read("network", texts.Network, RunTexts.Network);
        var asked = Each("entitlements", texts.Entitlements, RunTexts.Entitlement).Zip(texts.Entitlements ?? [],
            (name, text) => new Entitlement(name, text.Place));
        if (network == RunNetwork.Host)
            asked = asked.Append(new Entitlement(RunSettings.HostNetwork, texts.Network!.Place));
        return build with
        {
            Run = new RunSettings
            {
                Network = network,
                SharedMemory = texts.SharedMemory is null ? null : Read("shm-size", texts.SharedMemory, RunTexts.Memory),
                Hosts = [.. Each("extra-hosts", texts.Hosts, RunTexts.Host)],
                Limits = [.. Each("ulimits", texts.Limits, RunTexts.Limit).GroupBy(limit => limit.Name).Select(group => group.Last())],
            },
            Entitlements = [.. asked.DistinctBy(each => each.Name)],
        };
    }

    private List<T> Each<T>(string key, ImmutableArray<Located>? texts, Func<string, string, T> read) where T : class =>
        [.. (texts ?? []).Select(text => Read(key, text, read)).OfType<T>()];

    private T? Read<T>(string key, Located? text, Func<string, string, T> read)
    {
        if (text is null or { Text: "" })
            return default;
        try
        {
            return read(key, text.Text);
        }
        catch (UsageException e)
        {
            fault(text.Place, e.Message);
            return default;
        }
    }
}
