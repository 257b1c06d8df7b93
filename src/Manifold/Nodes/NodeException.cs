namespace Manifold.Nodes;

/// <summary>The connection to a node is lost, or its program has ended. Its work can be done again.</summary>
internal sealed class NodeLostException(string node, string why, Exception? inner = null)
    : ManifoldException($"{node}: the connection was lost: {why.TrimEnd('.')}.", inner)
{
    public override int ExitCode => 4;
}

/// <summary>A node refuses a request, for example because its disk is full.</summary>
internal sealed class NodeRefusedException(string node, string why) : ManifoldException($"{node}: {why}")
{
    public override int ExitCode => 4;
}

/// <summary>A node cannot run a unit for a reason of its own. Another machine may.</summary>
internal sealed class NodeUnfitException(string node, string why, int exitCode) : ManifoldException($"{node}: {why}")
{
    public override int ExitCode => exitCode;
}

/// <summary>A unit failed on a node for a reason that is not the node's.</summary>
internal sealed class NodeProblemException(string node, string why, int exitCode) : ManifoldException($"{node}: {why}")
{
    public override int ExitCode => exitCode;
}
