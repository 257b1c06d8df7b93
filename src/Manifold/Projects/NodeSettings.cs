namespace Manifold.Projects;

/// <summary>A machine that units can run on, as the command line, a project's file, or the user's configuration names it.</summary>
/// <param name="Name">The name that people see: the one from the configuration, or else the address.</param>
/// <param name="Address">The address, such as <c>ssh://builder@pi:2222</c>.</param>
internal sealed record NodeSettings(string Name, string Address)
{
    /// <summary>The number of RUNs that work there at a time; null leaves it to the machine's processors and memory.</summary>
    public int? Jobs { get; init; }

    /// <summary>The folder there for the program and its store; null is the default of the account there. Absolute.</summary>
    public string? Folder { get; init; }
}
