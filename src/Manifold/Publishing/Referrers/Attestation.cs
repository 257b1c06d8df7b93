using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Planning;

namespace Manifold.Publishing.Referrers;

/// <summary>
/// What buildx calls an attestation: <c>type=sbom</c>, <c>type=provenance,mode=max</c>. Its other fields change nothing here.
/// </summary>
/// <param name="IsMinimal"><c>mode=min</c>: without the values of build arguments; null where no mode is said.</param>
internal sealed record Attestation(string Type, bool Wanted, bool? IsMinimal = null)
{
    public const string Sbom = "sbom", Provenance = "provenance";

    /// <param name="flag">For messages: <c>--attest</c>, or the key of a file.</param>
    /// <exception cref="UsageException">There is no such document, or it cannot be made so.</exception>
    /// <remarks>Source: docker buildx build, <c>--attest</c>.</remarks>
    public static Attestation Parse(string flag, string text)
    {
        var fields = FlagFields.Parse(flag, text);
        var read = Read(fields);
        fields.RequireKnown([.. FieldsOf(read.Type)]);
        return fields["generator"] is null ? read
            : throw fields.Wrong("packages are read from their own databases, without a generator. Remove the key 'generator'.");
    }

    /// <summary>The same of fields that were read, whatever others there are.</summary>
    /// <inheritdoc cref="Parse"/>
    public static Attestation Read(FlagFields fields)
    {
        var type = fields.Required("type", "type=sbom or type=provenance");
        if (type is not (Sbom or Provenance))
            throw fields.Wrong($"unknown type '{type}'. {Suggestion.For(type, [Sbom, Provenance]) ?? "Known types: provenance, sbom."}");
        if (type == Provenance && fields["mode"] is not (null or "min" or "max"))
            throw fields.Wrong($"mode={fields["mode"]}: expected min or max.");
        return new Attestation(type, fields.Switch("disabled") is not true, fields["mode"] is { } mode ? mode == "min" : null);
    }

    /// <summary>The fields that a type may have.</summary>
    public static ImmutableArray<string> FieldsOf(string type) => type == Sbom ? ["type", "disabled", "generator"]
        : ["type", "disabled", "mode", "builder-id", "reproducible", "inline-only", "version", "filename"];

    /// <summary>Whether a text that was read asks for this type.</summary>
    public static bool IsOf(string text, string type) => FlagFields.Parse("attest", text)["type"] == type;
}
