using System.CommandLine;
using Manifold.Building;
using Manifold.Images.Outputs;
using Manifold.Publishing;
using Manifold.Publishing.Referrers;
using Manifold.Publishing.Signing;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary>What the commands that publish can attach to an image: flags, and what is said of it.</summary>
internal sealed class AttachmentFlags
{
    private readonly Option<string?> sbom = Attached(
        "--sbom", "Attach an SBOM to each platform: a list of its packages (SPDX 2.3). --sbom=false turns it off.");
    private readonly Option<string?> provenance = Attached(
        "--provenance",
        "Attach provenance to each platform: how it was built (SLSA v1). mode=min leaves out the values of build arguments. "
            + "--provenance=false turns it off.");
    private readonly Option<string[]> attest = new("--attest")
    {
        Description = "Attach an SBOM or provenance, in the syntax of buildx: type=sbom or type=provenance,mode=min. Repeatable.",
        HelpName = "ATTESTATION",
        Arity = ArgumentArity.OneOrMore,
        AllowMultipleArgumentsPerToken = false,
    };
    private readonly Option<bool> sign = new("--sign") { Description = "Sign the image and every platform with --key, as cosign does." };
    private readonly Option<string?> key = new("--key")
    {
        Description = "The private key to sign with: a file or env://VARIABLE, in the "
            + "format of cosign or as ECDSA PEM. The password comes from COSIGN_PASSWORD or from a prompt.",
        HelpName = "FILE",
    };

    /// <param name="builds">False where the image is from somewhere: then nobody knows its provenance.</param>
    public static AttachmentFlags AddTo(Command command, bool builds)
    {
        var flags = new AttachmentFlags();
        command.Add(flags.sbom);
        if (builds)
        {
            command.Add(flags.provenance);
            command.Add(flags.attest);
        }
        command.Add(flags.sign);
        command.Add(flags.key);
        return flags;
    }

    public static async Task<SigningKey> LoadKeyAsync(CliContext context, string key, CancellationToken cancellation) =>
        await SigningKey.ParseAsync(
            KeyText.Read(context, key), key, (name, token) => KeyPassword.AskAsync(context, name, token), cancellation);

    /// <summary>A switch that may have fields for a value, as buildx has it; see <see cref="BuildxHabits"/>.</summary>
    private static Option<string?> Attached(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "FIELDS",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static Attestation? Short(ParseResult parsed, Option<string?> option, string type)
    {
        if (parsed.GetResult(option) is null)
            return null;
        return parsed.GetValue(option) switch
        {
            null or "" or "true" or "1" => new Attestation(type, true),
            "false" or "0" => new Attestation(type, false),
            var fields => Attestation.Parse(option.Name, $"type={type},{fields}"),
        };
    }

    public Attachments Read(ParseResult parsed)
    {
        var brief = new[] { Short(parsed, sbom, Attestation.Sbom), Short(parsed, provenance, Attestation.Provenance) };
        var asked = (parsed.GetValue(attest) ?? [])
            .Select(text => Attestation.Parse("--attest", text))
            .Concat(brief.OfType<Attestation>())
            .ToLookup(each => each.Type);
        var read = new Attachments(
            asked[Attestation.Sbom].LastOrDefault()?.Wanted, asked[Attestation.Provenance].LastOrDefault()?.Wanted,
            parsed.GetValue(sign) ? parsed.GetValue(key) : null)
        {
            IsMinimal = asked[Attestation.Provenance].LastOrDefault()?.IsMinimal,
        };
        if (parsed.GetValue(sign) && read.KeyFile is null)
            throw new UsageException("--sign needs a key. Add --key cosign.key. To make a key pair, run: manifold key generate");
        return !parsed.GetValue(sign) && parsed.GetValue(key) is not null ? throw new UsageException("--key needs --sign. Add --sign.")
            : read;
    }
}

/// <summary>What somebody wants attached.</summary>
/// <param name="Sbom">False says that none is attached; null leaves it to a project's file.</param>
/// <param name="Provenance">False and null as for the SBOM.</param>
internal sealed record Attachments(bool? Sbom, bool? Provenance, string? KeyFile)
{
    /// <summary>The provenance is without the values of build arguments; null where nobody says it.</summary>
    public bool? IsMinimal { get; init; }

    public bool Any => AnyDocuments || KeyFile is not null;

    /// <summary>True if there are documents that can lie beside an image outside of a registry.</summary>
    public bool AnyDocuments => Sbom is true || Provenance is true;

    /// <exception cref="UsageException">Nothing is published, and no other place takes what is to be attached.</exception>
    public void RequirePlace(IEnumerable<ImageOutput> outputs)
    {
        if (KeyFile is not null)
            throw new UsageException("--sign needs --push: signatures are stored in the registry. Add --push, or use 'manifold push "
                + "--sign' later.");
        if (!outputs.Any(output => output.HoldsAttachments))
            throw new UsageException("--sbom and --provenance need an output that can store them. Add --push, "
                + "or an output such as -o type=oci,dest=FILE.tar or -o type=local,dest=FOLDER.");
    }

    /// <summary>The key, its password asked for now: before the work, not after it. Null where nothing is signed.</summary>
    public async Task<SigningKey?> LoadKeyAsync(CliContext context, CancellationToken cancellation) =>
        KeyFile is null ? null : await AttachmentFlags.LoadKeyAsync(context, KeyFile, cancellation);

    public AttachmentRequest Request(SigningKey? key) => new()
    {
        Sbom = Sbom is true,
        IsMinimal = IsMinimal is true,
        Key = key,
        Tool = Product.Version.Replace(' ', '-'),
    };

    /// <summary>The same for a builder.</summary>
    public DocumentOrder Order(SigningKey? key) => new()
    {
        Sbom = Sbom,
        Provenance = Provenance,
        IsMinimal = IsMinimal,
        Key = key,
        RequirePlace = outputs =>
        {
            if (AnyDocuments)
                RequirePlace(outputs);
        },
    };

    /// <summary>What <c>--set</c> says for the same.</summary>
    public IEnumerable<string> Overrides => new[]
    {
        Override(Attestation.Sbom, Sbom, ""),
        Override(Attestation.Provenance, Provenance, IsMinimal switch { true => ",mode=min", false => ",mode=max", null => "" }),
    }.OfType<string>();

    private static string? Override(string type, bool? wanted, string fields) =>
        wanted is null ? null : $"attest+=type={type}{(wanted.Value ? fields : ",disabled=true")}";

    public static async Task TellAsync(CliContext context, AttachmentSummary done)
    {
        string[] parts =
        [
            .. done.Sboms > 0 ? [Amounts.Count(done.Sboms, "SBOM")] : Array.Empty<string>(),
            .. done.Provenances > 0 ? [Amounts.Count(done.Provenances, "provenance")] : Array.Empty<string>(),
            .. done.Signatures > 0 ? [Amounts.Count(done.Signatures, "signature")] : Array.Empty<string>(),
        ];
        var added = parts.Length == 0 ? "nothing new" : string.Join(", ", parts);
        await context.Error.WriteLineAsync($"attached: {added}{(done.AlreadyThere > 0 ? $"; {done.AlreadyThere} already there" : "")}");
    }
}
