using Manifold.Verification.Findings;

namespace Manifold.Verification;

/// <summary>
/// The gate refused an image that a build made: nothing was named, nothing was published; the image lies in the store under its digest.
/// </summary>
/// <param name="component">What a project calls the image; null for one that is built alone.</param>
internal sealed class GateRefusedException(
    GateReport report, VerificationPolicy policy, string? component = null) : ManifoldException(Text(report, policy, component))
{
    public override int ExitCode => 1;

    public GateReport Report => report;

    private static string Text(GateReport report, VerificationPolicy policy, string? component)
    {
        var refused = report.Findings.Where(finding => policy.Refuses(finding.Severity)).ToList();
        var platforms = string.Join(", ", refused.Select(finding => finding.Platform).Distinct());
        var again = component is null ? "build again with --verify warn" : $"bake again with --set {component}.verify=warn";
        var text = $"the gate rejected the image for {platforms}: nothing was tagged or published.\n{GateText.Render(refused)}\n"
            + $"The image is in the store without a tag, as {report.Digest}. To tag it anyway, {again}. All steps are cached.";
        return refused.All(finding => finding.Id == FindingId.RunFailed) ? text
            : $"{text}\nIf the image needs these files, allow them with "
                + $"{(component is null ? "--verify-allow PATTERN" : "verify: {allow: [PATTERN]} in the project file")}.";
    }
}
