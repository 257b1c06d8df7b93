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

    /// <summary>Returns one problem as it is, several as one exception, and null if there is none.</summary>
    public static ManifoldException? Of(IReadOnlyList<ManifoldException> problems) =>
        problems.DistinctBy(problem => problem.Message).ToList() switch
        {
            [] => null,
            [var only] => only,
            _ => new SeveralProblemsException(problems),
        };

    /// <summary>Throws one problem as it is, and several as one exception.</summary>
    public static void ThrowIfAny(IReadOnlyList<ManifoldException> problems)
    {
        if (Of(problems) is { } problem)
            throw problem;
    }
}
