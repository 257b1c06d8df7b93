using System.CommandLine;
using Manifold.Images;
using Manifold.Publishing.Signing;

namespace Manifold.Cli;

/// <summary><c>manifold sign</c>: signs an image that is in a registry already.</summary>
internal static class SignCommand
{
    public static Command Create(CliContext context)
    {
        var image = new Argument<string>("IMAGE")
        {
            Description = "The image to sign, in a registry. To sign exactly one version, add its digest.",
        };
        var key = new Option<string>("--key")
        {
            Description = "The private key to sign with: a file or env://VARIABLE, in the format of "
                + "cosign or as ECDSA PEM. The password comes from COSIGN_PASSWORD or from a prompt.",
            HelpName = "FILE",
            Required = true,
        };
        var command = new Command("sign", "Sign a published image and all its platforms, as cosign does.") { image, key };
        var access = RegistryAccess.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            var asked = RegistryAccess.Reference(parsed.GetRequiredValue(image));
            using var signer = await AttachmentFlags.LoadKeyAsync(context, parsed.GetRequiredValue(key), cancellation);
            using var store = context.OpenStore();
            using var client = access.Open(context, parsed);
            var reference = await client.QualifyAsync(asked, cancellation);
            await using var source = new RegistrySource(client, store, reference);
            var top = (await source.ResolveAsync(cancellation)).Descriptor;
            var signed = await new ImageSigner(client, reference, signer, context.Time) { AsksForBlobs = true }
                .SignAsync(source, top, cancellation);
            await context.Error.WriteLineAsync(signed.IsEmpty ? "already signed with this key"
                : $"signed: {string.Join(", ", signed.Select(part => part.Name))}");
            await context.Out.WriteLineAsync(reference.WithDigest(top.Digest).ToString());
        });
        return command;
    }
}
