using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Manifold.Sandbox;

/// <summary>The content of <c>config.json</c>.</summary>
/// <remarks>Source: OCI runtime specification, "Configuration" and "Linux Container Configuration".</remarks>
internal sealed record RuntimeSpec
{
    public required string OciVersion { get; init; }
    public required RuntimeRoot Root { get; init; }
    public required string Hostname { get; init; }
    public required RuntimeProcess Process { get; init; }
    public required ImmutableArray<Bundle.Mount> Mounts { get; init; }
    public required RuntimeLinux Linux { get; init; }
}

internal sealed record RuntimeRoot(string Path, bool Readonly);

internal sealed record RuntimeProcess
{
    public bool Terminal { get; init; }
    public required RuntimeUser User { get; init; }
    public required ImmutableArray<string> Args { get; init; }
    public required ImmutableArray<string> Env { get; init; }
    public required string Cwd { get; init; }
    public required RuntimeCapabilities Capabilities { get; init; }
    public required ImmutableArray<RuntimeLimit> Rlimits { get; init; }
    public bool NoNewPrivileges { get; init; }
}

internal sealed record RuntimeUser(uint Uid, uint Gid, ImmutableArray<uint> AdditionalGids);

internal sealed record RuntimeCapabilities
{
    public required ImmutableArray<string> Bounding { get; init; }
    public required ImmutableArray<string> Effective { get; init; }
    public required ImmutableArray<string> Permitted { get; init; }
    public ImmutableArray<string>? Inheritable { get; init; }
}

internal sealed record RuntimeLimit(string Type, ulong Soft, ulong Hard);

internal sealed record RuntimeLinux
{
    public string? CgroupsPath { get; init; }
    public required ImmutableArray<RuntimeNamespace> Namespaces { get; init; }
    public RuntimeResources? Resources { get; init; }
    public ImmutableArray<string>? MaskedPaths { get; init; }
    public ImmutableArray<string>? ReadonlyPaths { get; init; }
    public RuntimeSeccomp? Seccomp { get; init; }
}

internal sealed record RuntimeNamespace(string Type);

internal sealed record RuntimeResources(ImmutableArray<RuntimeDevice> Devices);

internal sealed record RuntimeDevice(bool Allow, string Access);

internal sealed record RuntimeSeccomp(
    string DefaultAction, int DefaultErrnoRet, ImmutableArray<string> Architectures, ImmutableArray<RuntimeSyscalls> Syscalls);

internal sealed record RuntimeSyscalls(ImmutableArray<string> Names, string Action)
{
    public int? ErrnoRet { get; init; }
    public ImmutableArray<RuntimeCondition>? Args { get; init; }
}

/// <summary>A condition on one argument of a system call.</summary>
internal sealed record RuntimeCondition(int Index, ulong Value, ulong? ValueTwo, string Op);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RuntimeSpec))]
internal sealed partial class RuntimeSpecJson : JsonSerializerContext;
