namespace Manifold.Foundation;

/// <summary>Several problems that prevent a build. Each is a line of the message. The exit code is that of the most serious one.</summary>
internal sealed class SeveralProblemsException : ManifoldException
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

    /// <summary>Throws one problem as it is, and several as one exception.</summary>
    public static void ThrowIfAny(IReadOnlyList<ManifoldException> problems)
    {
        if (problems.Count > 0)
            throw problems.DistinctBy(problem => problem.Message).ToList() is [var only] ? only : new SeveralProblemsException(problems);
    }
}
