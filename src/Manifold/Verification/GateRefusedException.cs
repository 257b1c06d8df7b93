namespace Manifold.Verification;

/// <summary>The gate refused an image that a build made: nothing was named, nothing was published; the image lies in the store under its digest.</summary>
public sealed class GateRefusedException(GateReport report, VerificationPolicy policy) : ManifoldException(Text(report, policy))
{
    public override int ExitCode => 1;

    public GateReport Report => report;

    private static string Text(GateReport report, VerificationPolicy policy)
    {
        var refused = report.Findings.Where(finding => policy.Refuses(finding.Severity)).ToList();
        var platforms = string.Join(", ", refused.Select(finding => finding.Platform).Distinct());
        return $"the gate refuses this image for {platforms}: nothing was named and nothing was published.\n{GateText.Render(refused)}\n"
            + $"The image lies unnamed in the store as {report.Digest}. To name it and look at it, build again with --verify warn: all is cached.\n"
            + "Files that are meant to be there pass with --verify-allow PATTERN.";
    }
}
