#:package Manifold@0.1.0
#:property PublishAot=false
using Manifold.Engine;
using Manifold.Images;
using Manifold.Verification;

using var engine = ManifoldEngine.Open();
var report = await engine.VerifyAsync(ImageLocation.Parse(args[0]));
foreach (var finding in report.Findings)
    Console.WriteLine($"{finding.Platform}: {finding.Severity}: {finding.Message}");
return report.IsRefusedBy(VerificationPolicy.Default) ? 1 : 0;
