using System.CommandLine;
using Manifold.Planning;

namespace Manifold.Cli;

/// <summary><c>--allow</c>: what a RUN may be given beyond the ordinary, if its Dockerfile asks for it.</summary>
internal sealed class AllowFlag
{
    private readonly Option<string[]> allow = new("--allow")
    {
        Description = "Grant RUN steps more privileges: network.host allows RUN --network=host; security.insecure allows RUN "
            + "--security=insecure, which has full access to this machine. Repeatable.",
        HelpName = "PERMISSION",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };

    public static AllowFlag AddTo(Command command)
    {
        var flag = new AllowFlag();
        command.Add(flag.allow);
        return flag;
    }

    /// <exception cref="UsageException">There is no such thing to allow.</exception>
    public Allowance Read(ParseResult parsed)
    {
        var allowed = (parsed.GetValue(allow) ?? []).SelectMany(text => text.Split(','))
            .Select(text => RunTexts.Entitlement("--allow", text.Trim())).ToHashSet();
        return new Allowance(allowed.Contains(RunSettings.HostNetwork), allowed.Contains(RunSettings.Insecure));
    }
}

/// <summary>What <c>--allow</c> allows.</summary>
internal sealed record Allowance(bool HostNetwork, bool Insecure)
{
    public static Allowance Nothing { get; } = new(false, false);

    public RunSettings To(RunSettings settings) =>
        settings with { AllowHostNetwork = settings.AllowHostNetwork || HostNetwork, AllowInsecure = Insecure };
}
