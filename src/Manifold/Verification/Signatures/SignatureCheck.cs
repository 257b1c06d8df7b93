using System.Collections.Immutable;
using Manifold.Images;
using Manifold.Oci;

namespace Manifold.Verification.Signatures;

/// <summary>What the signatures of one manifest are worth, the best first.</summary>
internal enum SignatureOutcome { Signed, WrongReference, WrongDigest, WrongKey, Missing }

/// <summary>One manifest of an image: the top, or a platform's.</summary>
/// <param name="Message">A sentence for people; says what to do where it is not signed.</param>
internal sealed record SignatureFinding(string Subject, Digest Digest, SignatureOutcome Outcome, string Message);

/// <summary>Whether an image is signed, all of it.</summary>
internal sealed record SignatureReport(ImmutableArray<SignatureFinding> Findings)
{
    public bool IsSigned => Findings.All(finding => finding.Outcome == SignatureOutcome.Signed);
}

/// <summary>Checks that an image's top and every manifest below it is signed with a key.</summary>
/// <remarks>
/// A signature counts when <code>
/// 1  the key's owner made it                 over exactly these bytes
/// 2  it is about this manifest               by digest
/// 3  it was made for this repository         else a signature of another, older image could be passed off as this one's
/// </code>
/// For 3 a mirror is told the name that was signed. Where the image is in no registry, there is no name to compare with.
/// The index alone is not enough: a client that pulls a platform by digest never sees it.
/// </remarks>
/// <param name="signedAs">The repository that the signatures must name; null accepts any.</param>
internal sealed class SignatureCheck(IImageSource source, SignatureReader reader, VerificationKey key, ImageReference? signedAs)
{
    public async Task<SignatureReport> RunAsync(CancellationToken cancellation = default)
    {
        var top = await source.ResolveAsync(cancellation).ConfigureAwait(false);
        var subjects = await SignedParts.OfAsync(source, top.Descriptor, cancellation).ConfigureAwait(false);
        var findings = await Task.WhenAll(
            subjects.Select(subject => CheckAsync(subject.Name, subject.Descriptor.Digest, cancellation))).ConfigureAwait(false);
        return new SignatureReport([.. findings]);
    }

    private async Task<SignatureFinding> CheckAsync(string name, Digest digest, CancellationToken cancellation)
    {
        var signatures = await reader.ReadAsync(digest, cancellation).ConfigureAwait(false);
        var outcomes = signatures.Select(signature => Judge(signature, digest)).ToList();
        var best = outcomes.Count == 0 ? (Outcome: SignatureOutcome.Missing, Statement: null) : outcomes.MinBy(outcome => outcome.Outcome);
        return new SignatureFinding(name, digest, best.Outcome, best.Outcome switch
        {
            SignatureOutcome.Signed => $"{name}: signed",
            SignatureOutcome.WrongReference => $"{name}: the signature is for '{best.Statement!.Reference}', not for '{signedAs!.Name}'. "
                + $"If this is a mirror of that repository, add: --signed-as {best.Statement.Reference}",
            SignatureOutcome.WrongDigest => $"{name}: the signature was made with this key, but for another manifest "
                + $"({best.Statement?.Manifest.ToString() ?? "it names none"}). Somebody copied it here. Do not use the image, "
                + "and have it signed again.",
            SignatureOutcome.WrongKey => $"{name}: "
                + (outcomes.Count == 1 ? "its signature was not" : $"none of its {outcomes.Count} signatures was")
                + " made with this key, or the signed content was changed.",
            _ => $"{name}: {digest} is not signed. Sign it with: manifold sign --key cosign.key IMAGE",
        });
    }

    private (SignatureOutcome Outcome, SimpleSigning? Statement) Judge(FoundSignature found, Digest digest)
    {
        // 1
        if (!key.Verifies(found.Payload, found.Signature))
            return (SignatureOutcome.WrongKey, null);
        // 2
        var statement = SimpleSigning.TryParse(found.Payload);
        if (statement?.Manifest != digest)
            return (SignatureOutcome.WrongDigest, statement);
        // 3
        return (signedAs is null || statement.Names(signedAs) ? SignatureOutcome.Signed : SignatureOutcome.WrongReference, statement);
    }
}
