namespace Manifold.Sandbox;

/// <summary>A name for an address, as <c>/etc/hosts</c> has it.</summary>
/// <param name="Address">An IP address, or <see cref="Gateway"/>.</param>
internal sealed record ExtraHost(string Name, string Address)
{
    /// <summary>Stands for the address at which a RUN reaches this machine.</summary>
    public const string Gateway = "host-gateway";
}

/// <summary>A limit of a RUN's processes (setrlimit).</summary>
/// <param name="Name">As <c>docker build --ulimit</c> has it, e.g. <c>nofile</c>.</param>
/// <param name="Soft">-1 is none.</param>
internal sealed record ResourceLimit(string Name, long Soft, long Hard);

/// <summary>A variable that a RUN has and that no other place shows.</summary>
internal sealed class SecretVariable(string name, ReadOnlyMemory<byte> value)
{
    public string Name { get; } = name;
    public ReadOnlyMemory<byte> Value { get; } = value;
    public override string ToString() => $"{Name}=***";
}
