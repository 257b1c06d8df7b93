using System.Collections.Immutable;
using System.Net;
using Manifold.Dockerfile;
using Manifold.Planning;
using Manifold.Sandbox;
using Manifold.Text;

namespace Manifold.Solving;

/// <summary>Warnings about the network that a build's RUNs get.</summary>
internal static class RunNetworkWarnings
{
    /// <summary>Whether any RUN gets the network that depends on the machine.</summary>
    public static bool Matter(IEnumerable<Step> steps) => OnDefault(steps).Any();

    public static ImmutableArray<string> Of(IEnumerable<Step> steps, NetworkAccess access) => access.Kind switch
    {
        NetworkKind.Machine =>
        [
            $"RUNs share this machine's network and can reach its services on 127.0.0.1: {access.Reason}. "
                + $"{(access.Remedy is { } remedy ? $"Run: {remedy}" : "See: manifold doctor")}",
        ],
        NetworkKind.Private =>
        [
            .. OnDefault(steps).SelectMany(Proxies).DistinctBy(proxy => (proxy.Name.ToUpperInvariant(), proxy.Value)).Select(proxy =>
                $"{proxy.Step.Name}: {proxy.Name} is {AddressSecrets.Without(proxy.Value)}, but the RUN has its own 127.0.0.1 "
                    + "and cannot reach the proxy there. "
                    + "Use a proxy on another address of this machine, or share this machine's network with --network=host"),
        ],
        _ => [],
    };

    private static IEnumerable<RunStep> OnDefault(IEnumerable<Step> steps) =>
        steps.OfType<RunStep>().Where(step => step.Network == RunNetwork.Default);

    private static IEnumerable<(RunStep Step, string Name, string Value)> Proxies(RunStep step) =>
        from variable in step.Environment.Concat(step.ProxyEnvironment)
        let parts = variable.Split('=', 2)
        where parts.Length == 2 && PredefinedArguments.IsProxy(parts[0])
            && !parts[0].Equals("NO_PROXY", StringComparison.OrdinalIgnoreCase) && IsOnLoopback(parts[1])
        select (step, parts[0], parts[1]);

    // curl and wget take an address without a scheme, too.
    private static bool IsOnLoopback(string proxy)
    {
        if (!Uri.TryCreate(proxy.Contains("://", StringComparison.Ordinal) ? proxy : "http://" + proxy, UriKind.Absolute, out var address))
            return false;
        var host = address.Host.Trim('[', ']').TrimEnd('.');
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host, out var number) && (IPAddress.IsLoopback(number) || number.Equals(IPAddress.Any)));
    }
}
