using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Sandbox;

/// <summary>One RUN: what runs, on which files, as whom.</summary>
internal sealed record RunRequest
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

    public ImmutableArray<SandboxMount> Mounts { get; init; } = [];

    /// <summary>Variables whose values nobody else gets to see.</summary>
    public ImmutableArray<SecretVariable> SecretVariables { get; init; } = [];

    /// <summary>All capabilities and devices, no filter of system calls, nothing masked or read-only: <c>--security=insecure</c>.</summary>
    public bool Insecure { get; init; }

    public ImmutableArray<ExtraHost> Hosts { get; init; } = [];

    /// <summary>Bytes of /dev/shm; null is Docker's 64 MiB.</summary>
    public long? SharedMemory { get; init; }

    public ImmutableArray<ResourceLimit> Limits { get; init; } = [];

    /// <summary>The control group that the run's own is made in; null is ours.</summary>
    public string? CgroupParent { get; init; }

    /// <summary>
    /// Called when the program has started, with what tells the processor time that it has used so far, and whether it
    /// wants more at this moment; null once it has ended.
    /// </summary>
    public Action<Func<(TimeSpan Used, bool IsRunnable)?>>? OnStarted { get; init; }

    /// <summary>Called for each line, one call at a time, in the order in which they arrive; must return quickly.</summary>
    public Action<LogLine>? OnLine { get; init; }
}

internal enum NetworkMode
{
    /// <summary>
    /// A network of the RUN's own that reaches what this machine reaches, and not what listens on its loopback, where that can be
    /// had (<see cref="RunNetworks"/>).
    /// </summary>
    Default,

    /// <summary>Loopback and nothing else.</summary>
    None,

    /// <summary>This machine's.</summary>
    Host,
}

