namespace Manifold.Projects;

/// <summary>Several things are wrong with a project; each is a line of the message. The exit code is that of the gravest.</summary>
public sealed class ProjectFailedException : ManifoldException
{
    private readonly int exitCode;

    private ProjectFailedException(IReadOnlyList<ManifoldException> problems)
        : base(string.Join('\n', problems.Select(problem => problem.Message).Distinct())) =>
        // What a registry refuses weighs more than what a file lacks.
        exitCode = problems.Max(problem => problem.ExitCode);

    public override int ExitCode => exitCode;

    /// <summary>Throws what is wrong: one problem as it is, several as one.</summary>
    public static void ThrowIfAny(IReadOnlyList<ManifoldException> problems)
    {
        if (problems.Count > 0)
            throw problems.DistinctBy(problem => problem.Message).ToList() is [var only] ? only : new ProjectFailedException(problems);
    }
}
