using System.CommandLine;
using Manifold.Publishing.Signing;

namespace Manifold.Cli;

/// <summary><c>manifold key generate</c>: a key pair in cosign's form.</summary>
internal static class KeyCommand
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static Command Create(CliContext context)
    {
        var prefix = new Option<string>("--output-key-prefix")
        {
            Description = "The name of the files, without .key and .pub.",
            DefaultValueFactory = _ => "cosign",
            HelpName = "NAME",
        };
        var generate = new Command("generate", "Make a key pair: NAME.key, encrypted with a password, and NAME.pub.") { prefix };
        generate.SetAction(async (parsed, cancellation) =>
        {
            var (secret, open) = ($"{parsed.GetValue(prefix)}.key", $"{parsed.GetValue(prefix)}.pub");
            OutputFolder.Require(secret);
            if (File.Exists(secret) || File.Exists(open))
                throw new UsageException($"'{(File.Exists(secret) ? secret : open)}' already exists. You still need this key pair to "
                    + "verify the images that you signed with it. Choose another name with --output-key-prefix.");
            var pair = SigningKey.Generate(await KeyPassword.AskAsync(context, $"Password for {secret}: ", twice: true, cancellation));
            await WriteAsync(secret, pair.PrivatePem, OwnerOnly);
            await WriteAsync(open, pair.PublicPem, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            await context.Error.WriteLineAsync($"Wrote {secret} and {open}. Keep {secret} and its password secret. Share {open} with "
                + "everyone who verifies your images.");
        });
        return new Command("key", "Make keys for signing images.") { generate };
    }

    private static async Task WriteAsync(string path, string content, UnixFileMode mode)
    {
        await using var file = new FileStream(path,
            new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode });
        await file.WriteAsync(System.Text.Encoding.ASCII.GetBytes(content));
    }
}
