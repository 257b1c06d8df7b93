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
            + $"The image is {report.Digest}; look at it with: manifold inspect {report.Digest}\n"
            + "To let it pass: --verify-allow PATTERN for files that are meant to be there, --verify warn to be told only.";
    }
}
