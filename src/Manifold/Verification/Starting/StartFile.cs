namespace Manifold.Verification.Starting;

/// <summary>A file that the start touches.</summary>
/// <param name="Role">program, script, interpreter, loader or library.</param>
/// <param name="Machine">Null for scripts.</param>
public sealed record StartFile(string Path, string Role, string? Machine);
