using System.CommandLine;
using Manifold.Publishing.Signing;

namespace Manifold.Cli;

/// <summary><c>manifold key generate</c>: a key pair in cosign's form.</summary>
internal static class KeyCommand
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public static Command Create(CliContext context)
    {
        var prefix = new Option<string>("--output-key-prefix") { Description = "The files' name without .key and .pub.", DefaultValueFactory = _ => "cosign", HelpName = "NAME" };
        var generate = new Command("generate", "Write a new pair: NAME.key, encrypted with a password, and NAME.pub.") { prefix };
        generate.SetAction(async (parsed, cancellation) =>
        {
            var (secret, open) = ($"{parsed.GetValue(prefix)}.key", $"{parsed.GetValue(prefix)}.pub");
            OutputFolder.Require(secret);
            if (File.Exists(secret) || File.Exists(open))
                throw new UsageException($"'{(File.Exists(secret) ? secret : open)}' exists. What was signed with that pair can only be checked with it; choose another name with --output-key-prefix.");
            var pair = SigningKey.Generate(await KeyPassword.AskAsync(context, $"Password for {secret}: ", twice: true, cancellation));
            await WriteAsync(secret, pair.PrivatePem, OwnerOnly);
            await WriteAsync(open, pair.PublicPem, OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            await context.Error.WriteLineAsync($"{secret} signs: keep it, and its password, to yourself. {open} checks: hand it out.");
        });
        return new Command("key", "Make keys that images are signed with.") { generate };
    }

    private static async Task WriteAsync(string path, string content, UnixFileMode mode)
    {
        await using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode });
        await file.WriteAsync(System.Text.Encoding.ASCII.GetBytes(content));
    }
}
