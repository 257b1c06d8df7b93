using Manifold.Dockerfile;
using Manifold.Planning;
using Manifold.Projects.Yaml;
using Manifold.Publishing.Referrers;

namespace Manifold.Projects;

/// <summary>
/// What a file says is attached to an image where it is published: <c>sbom</c>, <c>type=provenance,mode=max</c>;
/// a later one of a type counts.
/// </summary>
/// <remarks>A generator of package lists, and what it is given, is passed over and told: packages are read from their own databases
/// here.</remarks>
internal sealed class FileAttestations
{
    private readonly List<Located> warnings = [];

    public static FileAttestations Read(IEnumerable<Located> texts, Action<Place, string> fault)
    {
        var read = new FileAttestations();
        foreach (var text in texts.Where(text => text.Text.Length > 0))
        {
            try
            {
                read.Add(text);
            }
            catch (UsageException e)
            {
                fault(text.Place, e.Message);
            }
        }
        return read;
    }

    public bool Sbom { get; private set; }

    public bool Provenance { get; private set; }

    /// <summary>What has no effect, a sentence each.</summary>
    public IReadOnlyList<Located> Warnings => warnings;

    private void Add(Located text)
    {
        var fields = FlagFields.Parse("attest", text.Text.Contains('=', StringComparison.Ordinal) ? text.Text : $"type={text.Text}");
        var (type, wanted, _) = Attestation.Read(fields);
        if (type == Attestation.Sbom)
            Sbom = wanted;
        else
            Provenance = wanted;
        var passedOver = fields.Keys
            .Where(key => key == "generator" || !Attestation.FieldsOf(type).Contains(key, StringComparer.OrdinalIgnoreCase))
            .Order(StringComparer.Ordinal)
            .ToList();
        if (wanted && passedOver.Count > 0)
        {
            var why = type == Attestation.Sbom ? " Packages are read from the package databases in the image. Generators are not run." : "";
            warnings.Add(new Located($"attest '{text.Text}': no effect: {string.Join(", ", passedOver)}.{why}", text.Place));
        }
    }
}
