using System.CommandLine;
using Manifold.Images;
using Manifold.Reporting;
using Manifold.Verification.Signatures;

namespace Manifold.Cli;

/// <summary><c>manifold verify --key</c>: is the image, all of it, signed by whoever has the key's private half?</summary>
internal sealed class SignatureFlags
{
    public Option<string?> Key { get; } = new("--key")
    {
        Description = "Check only signatures: the image and every platform must be "
            + "signed with this public key. The key is a file or env://VARIABLE.",
        HelpName = "FILE",
    };
    private readonly Option<string?> signedAs = new("--signed-as")
    {
        Description = "With --key: for a mirrored image, the repository that its signatures name.",
        HelpName = "REPOSITORY",
    };

    public static SignatureFlags AddTo(Command command)
    {
        var flags = new SignatureFlags();
        command.Add(flags.Key);
        command.Add(flags.signedAs);
        return flags;
    }

    /// <summary>Null where no key was given.</summary>
    public async Task<SignatureReport?> CheckAsync(
        CliContext context, ParseResult parsed, IImageSource source, CancellationToken cancellation)
    {
        var name = parsed.GetValue(signedAs);
        if (parsed.GetValue(Key) is not { } file)
            return name is null ? null : throw new UsageException("--signed-as needs --key. Add --key cosign.pub.");
        using var verifier = VerificationKey.Parse(KeyText.Read(context, file), file);
        await source.ResolveAsync(cancellation); // a name without a registry has one then
        // The name under which the store keeps an image, or a layout, says nothing of where it was signed.
        var expected = name is not null ? RegistryAccess.Reference(name)
            : source.Location.Transport == Transport.Registry ? source.Location.Reference
            : null;
        return await new SignatureCheck(source, new SignatureReader(source), verifier, expected).RunAsync(cancellation);
    }

    /// <summary>The exit code: 0 where all is signed.</summary>
    public static async Task<int> TellAsync(CliContext context, SignatureReport report, bool asJson)
    {
        if (asJson)
            await context.Out.WriteLineAsync(SignatureJson.Write(report));
        else
            await context.Out.WriteAsync(BuildTable.Columns([["PART", "SIGNATURE", "DIGEST"], .. report.Findings.Select(Row)],
                context.OutWidth));
        foreach (var finding in report.Findings.Where(finding => finding.Outcome != SignatureOutcome.Signed))
            await context.Error.WriteLineAsync($"manifold: {finding.Message}");
        return report.IsSigned ? 0 : 1;
    }

    private static string[] Row(SignatureFinding finding) => [finding.Subject, finding.Outcome switch
    {
        SignatureOutcome.Signed => "signed",
        SignatureOutcome.WrongReference => "for another repository",
        SignatureOutcome.WrongDigest => "for another manifest",
        SignatureOutcome.WrongKey => "not by this key",
        _ => "missing",
    }, finding.Digest.ToString()];
}
