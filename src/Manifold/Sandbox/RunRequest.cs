using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Sandbox;

/// <summary>One RUN: what runs, on which files, as whom.</summary>
public sealed record RunRequest
{
    /// <summary>The layers below, lowest first, each of them a snapshot. Empty for FROM scratch.</summary>
    public required ImmutableArray<Digest> Chain { get; init; }

    /// <summary>The program and its arguments as execve has them; the shell form is the caller's to spell out.</summary>
    public required ImmutableArray<string> Arguments { get; init; }

    public required Platform Platform { get; init; }

    /// <summary><c>NAME=value</c>. <c>PATH</c> and <c>HOME</c> get their defaults where they are not here.</summary>
    public ImmutableArray<string> Environment { get; init; } = [];

    /// <summary>Made where it is not there, as root's and 0755, and then part of the changes.</summary>
    public string WorkingDirectory { get; init; } = "/";

    /// <summary>As in USER: <c>name</c> or <c>uid</c>, then <c>:group</c> or <c>:gid</c>. Empty is root.</summary>
    public string User { get; init; } = "";

    public NetworkMode Network { get; init; }
    public string Hostname { get; init; } = DefaultHostname;

    public const string DefaultHostname = "manifold";
    public ImmutableArray<RunMount> Mounts { get; init; } = [];

    /// <summary>Called for each line, one call at a time, in the order in which they arrive; must return quickly.</summary>
    public Action<LogLine>? OnLine { get; init; }
}

public enum NetworkMode
{
    /// <summary>As this machine reaches the network: its own. There is no daemon that could keep another.</summary>
    Default,

    /// <summary>Loopback and nothing else.</summary>
    None,

    Host,
}

/// <summary>Something that a RUN sees at <see cref="Target"/> and that is not in its changes, nor the mount point made for it.</summary>
public sealed record RunMount
{
    public required MountKind Kind { get; init; }
    public required string Target { get; init; }

    /// <summary>The file or folder of this machine that a bind mount shows.</summary>
    public string? Source { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>Bound on a tmpfs; null leaves the kernel's, half of the memory.</summary>
    public long? SizeBytes { get; init; }
}

public enum MountKind
{
    Bind,
    Tmpfs,
}
