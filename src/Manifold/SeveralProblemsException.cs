namespace Manifold;

/// <summary>Several things stand in the way of a build or a project; each is a line of the message. The exit code is that of the gravest.</summary>
public sealed class SeveralProblemsException : ManifoldException
{
    private readonly int exitCode;

    private SeveralProblemsException(IReadOnlyList<ManifoldException> problems)
        : base(string.Join('\n', problems.Select(problem => problem.Message).Distinct()))
    {
        Messages = [.. problems.Select(problem => problem.Message).Distinct()];
        // A registry's refusal is more serious than a mistake in a file.
        exitCode = problems.Max(problem => problem.ExitCode);
    }

    /// <summary>One message for each problem.</summary>
    public IReadOnlyList<string> Messages { get; }

    public override int ExitCode => exitCode;

    /// <summary>Throws what is wrong: one problem as it is, several as one.</summary>
    public static void ThrowIfAny(IReadOnlyList<ManifoldException> problems)
    {
        if (problems.Count > 0)
            throw problems.DistinctBy(problem => problem.Message).ToList() is [var only] ? only : new SeveralProblemsException(problems);
    }
}
