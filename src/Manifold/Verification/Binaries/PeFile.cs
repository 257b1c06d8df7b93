using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Manifold.Verification.Binaries;

/// <summary>A Windows program or library, or a .NET assembly, which on Linux is the same container.</summary>
/// <param name="Machine">Null for an assembly that runs everywhere (AnyCPU).</param>
/// <param name="Managed">A .NET assembly.</param>
internal sealed record PeFile(Machine? Machine, bool Managed) : FileFacts
{
    [JsonIgnore]
    public override ImmutableArray<Machine> Machines => Machine is null ? [] : [Machine];
}
