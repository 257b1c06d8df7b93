using System.Collections.Immutable;
using Manifold.Building.Units;

namespace Manifold.Nodes.Units;

/// <summary>The order to run a unit on a node, with what the node is lent for it.</summary>
internal sealed record UnitOffer
{
    public required UnitRequest Request { get; init; }

    public UnitLoan Loan { get; init; } = new();

    /// <summary>The repositories to push the image's blobs to; empty if the caller takes them.</summary>
    public ImmutableArray<string> PushTo { get; init; } = [];

    /// <summary>The number of RUNs that the build may run on the node at a time; null leaves it to the node.</summary>
    public int? Jobs { get; init; }
}

/// <summary>Secrets for the time of one unit. They travel in the connection alone, and the node keeps them in memory only.</summary>
internal sealed record UnitLoan
{
    /// <summary>The values of secrets by id.</summary>
    public ImmutableSortedDictionary<string, byte[]> Secrets { get; init; } = ImmutableSortedDictionary<string, byte[]>.Empty;

    /// <summary>The ids of the ssh agents that the caller answers for.</summary>
    public ImmutableArray<string> Agents { get; init; } = [];

    /// <summary>The credentials for registries that the unit reads or writes.</summary>
    public ImmutableArray<LentCredential> Credentials { get; init; } = [];
}

/// <summary>A credential for one repository. All null is anonymous.</summary>
internal sealed record LentCredential(string Registry, string Repository)
{
    public string? UserName { get; init; }
    public string? Password { get; init; }
    public string? IdentityToken { get; init; }
    public string? RegistryToken { get; init; }

    /// <summary>Whether it is for pushing. Whoever pushes may have another account than whoever pulls.</summary>
    public bool ForPush { get; init; }

    /// <summary>Never prints the secrets.</summary>
    public override string ToString() => $"credential for {Registry}/{Repository}";
}
