using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Manifold.Oci;
using Manifold.Verification.Packages;

namespace Manifold.Publishing.Referrers;

/// <summary>A list of contents (SBOM) of one platform's image in SPDX 2.3: the image, its distribution, its packages.</summary>
/// <remarks>
/// The same image under the same name gives the same bytes: the document's time is the image's. Language packages and single files are
/// not listed.
/// Source: SPDX specification 2.3; how the image is named: package-url type oci.
/// </remarks>
internal sealed class SpdxDocument(PlatformContents image, ImageReference name, string tool)
{
    public const string MediaType = "application/spdx+json";
    private const string Document = "SPDXRef-DOCUMENT", Image = "SPDXRef-Image", System = "SPDXRef-OperatingSystem";

    private readonly Digest digest = image.Descriptor.Digest;
    private readonly PackageInventory inventory = image.Packages;
    private readonly SortedDictionary<string, string> otherLicenses = new(StringComparer.Ordinal);

    public byte[] ToJson()
    {
        ImmutableArray<SpdxPackage> packages = [ImagePackage(), .. SystemPackage(), .. inventory.Packages.Select(PackageOf)];
        var file = new SpdxFile
        {
            Id = Document,
            Name = $"{name.Name}@{digest}",
            DocumentNamespace = $"https://spdx.org/spdxdocs/{tool}-{Digest.Of(name.Name).Short}-{digest.Algorithm}-{digest.Hex}",
            CreationInfo = Creation(),
            Packages = packages,
            Relationships = [new(Document, "DESCRIBES", Image), .. packages.Skip(1).Select(Contained)],
            HasExtractedLicensingInfos = otherLicenses.Count == 0 ? null
                : [.. otherLicenses.Select(license => new SpdxLicense(license.Key, license.Value))],
        };
        return OciJson.Write(file, SpdxJson.Default.SpdxFile);
    }

    private static SpdxRelationship Contained(SpdxPackage package) => new(Image, "CONTAINS", package.Id);

    private SpdxCreation Creation()
    {
        var created = (image.Config.Created ?? DateTimeOffset.UnixEpoch).UtcDateTime;
        return new SpdxCreation(
            created.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture),
            [$"Tool: {tool}"],
            inventory.Unreadable.Length > 0 ? "Not read: " + string.Join(' ', inventory.Unreadable) : null);
    }

    private SpdxPackage ImagePackage()
    {
        var repository = name.Repository.Split('/')[^1];
        var address = Uri.EscapeDataString(name.Name);
        return new SpdxPackage
        {
            Id = Image,
            Name = name.Name,
            VersionInfo = digest.ToString(),
            PrimaryPackagePurpose = "CONTAINER",
            Checksums = [new SpdxChecksum(digest.Algorithm.ToUpperInvariant(), digest.Hex)],
            ExternalRefs = SpdxReference.To($"pkg:oci/{repository}@{digest}?arch={image.Platform.Architecture}&repository_url={address}"),
        };
    }

    private ImmutableArray<SpdxPackage> SystemPackage() => inventory.Release.Id is not { } id ? [] :
    [
        new SpdxPackage
        {
            Id = System,
            Name = id,
            VersionInfo = inventory.Release.VersionId,
            PrimaryPackagePurpose = "OPERATING_SYSTEM",
            Description = inventory.Release.PrettyName,
        },
    ];

    private SpdxPackage PackageOf(Package package) => new()
    {
        Id = IdOf(package),
        Name = package.Name,
        VersionInfo = package.Version,
        PrimaryPackagePurpose = "LIBRARY",
        SourceInfo = $"built from {package.Source} {package.SourceVersion}; read from the image's {Database(package.Kind)} database",
        LicenseDeclared = LicenseOf(package),
        ExternalRefs = SpdxReference.To(PackageUrl.Of(package, inventory.Release)),
    };

    private string LicenseOf(Package package)
    {
        if (package.License is not { } text || string.IsNullOrWhiteSpace(text))
            return SpdxPackage.Unknown;
        if (SpdxLicenses.IsExpression(text))
            return text;
        var id = $"LicenseRef-{Digest.Of(text).Short}";
        otherLicenses[id] = text;
        return id;
    }

    // Letters, digits, dots and dashes only; the hash keeps apart what is equal without the rest.
    private static string IdOf(Package package)
    {
        var plain = new StringBuilder();
        foreach (var one in package.Name)
            plain.Append(char.IsAsciiLetterOrDigit(one) || one is '.' or '-' ? one : '-');
        return $"SPDXRef-Package-{package.Kind}-{plain}-{Digest.Of($"{package.Name}\n{package.Version}\n{package.Architecture}").Short}";
    }

    private static string Database(PackageKind kind) => kind switch
    {
        PackageKind.Deb => "dpkg",
        PackageKind.Apk => "apk",
        _ => "rpm",
    };
}
