using Manifold.Oci;

namespace Manifold.Nodes.Units;

/// <summary>A question of a node to its caller, who answers it by its id. Either a blob or an agent's message is asked for.</summary>
internal sealed record NodeQuestion(long Id)
{
    /// <summary>A blob that the node cannot get by itself. The caller stores it on the node, and then answers with nothing.</summary>
    public NeededBlob? Blob { get; init; }

    /// <summary>A message of a RUN's program to an ssh agent of the caller.</summary>
    public AgentMessage? Agent { get; init; }
}

/// <summary>A blob, and the repository that has it.</summary>
internal sealed record NeededBlob(Descriptor Descriptor, string Repository);

/// <summary>A request of the agent protocol, without its length, from a RUN of a unit to the agent with an id.</summary>
/// <remarks>Source: draft-ietf-sshm-ssh-agent, section 3.</remarks>
internal sealed record AgentMessage(string Unit, string Agent, byte[] Request);
