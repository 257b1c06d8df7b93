using System.Collections.Immutable;
using Manifold.Projects;

namespace Manifold.Nodes.Ssh;

/// <summary>The way to connect to a node.</summary>
internal sealed record SshSettings
{
    public required NodeAddress Address { get; init; }

    /// <summary>The folder there for the program and its store; null is the default of the account there. Absolute.</summary>
    public string? Folder { get; init; }

    /// <summary>A folder that only this user can enter, for the socket that the sessions of a connection share. May be missing.</summary>
    public required string WorkFolder { get; init; }

    /// <summary>Whether there is a terminal in which ssh can ask for a password, or to confirm a host key.</summary>
    public bool IsInteractive { get; init; }

    /// <summary>The command to use instead of <c>ssh</c>, with its options, as a shell reads it; from <c>MANIFOLD_SSH</c>.</summary>
    public string? Command { get; init; }

    /// <summary>The folders to look for ssh in, as in <c>PATH</c>.</summary>
    public string? SearchPath { get; init; }

    /// <summary>Variables that ssh gets in addition to ours.</summary>
    public ImmutableSortedDictionary<string, string> Environment { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public TimeProvider Time { get; init; } = TimeProvider.System;
}
