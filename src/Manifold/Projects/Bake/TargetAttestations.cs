using Manifold.Dockerfile;
using Manifold.Planning;
using Manifold.Publishing.Referrers;

namespace Manifold.Projects.Bake;

/// <summary>What is attached to a target's image where it is published: <c>type=provenance,mode=max</c>, <c>type=sbom,generator=IMAGE</c>.</summary>
/// <remarks>A generator of package lists, and what it is given, is passed over and told: packages are read from their own databases here.</remarks>
internal sealed class TargetAttestations
{
    private static readonly string[] OfProvenance = ["type", "disabled", "mode", "builder-id", "reproducible", "inline-only", "version", "filename"];

    public TargetAttestations(BakeTarget target, BakeSources sources, List<string> warnings)
    {
        foreach (var item in target.Items("attest").Where(item => item.Value.Length > 0))
        {
            try
            {
                Read(item, sources, warnings);
            }
            catch (UsageException e)
            {
                sources.Fault(item.Span, e.Message);
            }
        }
    }

    public bool Sbom { get; private set; }

    public bool Provenance { get; private set; }

    private void Read(BakeItem item, BakeSources sources, List<string> warnings)
    {
        var fields = FlagFields.Parse("attest", item.Value);
        var type = fields.Required("type", "type=sbom or type=provenance");
        if (type is not (Attestation.Sbom or Attestation.Provenance))
            throw fields.Wrong($"there is no type '{type}'. {Suggestion.For(type, [Attestation.Sbom, Attestation.Provenance]) ?? "Known are: provenance, sbom."}");
        var wanted = fields.Switch("disabled") is not true;
        if (type == Attestation.Sbom)
            Sbom = wanted;
        else
            Provenance = wanted;
        var passedOver = fields.Keys.Where(key => type == Attestation.Sbom ? key is not ("type" or "disabled") : !OfProvenance.Contains(key)).Order(StringComparer.Ordinal).ToList();
        if (wanted && passedOver.Count > 0)
            warnings.Add($"{sources.PlaceOf(item.Span)}: attest '{item.Value}': without effect: {string.Join(", ", passedOver)}.{(type == Attestation.Sbom ? " Packages are read from their own databases, and no generator is run." : "")}");
    }
}
