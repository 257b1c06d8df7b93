using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Manifold.Oci;
using Manifold.Verification;
using Manifold.Verification.Packages;

namespace Manifold.Publishing.Referrers;

/// <summary>A list of contents (SBOM) of one platform's image in SPDX 2.3: the image, its distribution, its packages.</summary>
/// <remarks>
/// The same image under the same name gives the same bytes: the document's time is the image's. Language packages and single files are not listed.
/// Source: SPDX specification 2.3; how the image is named: package-url type oci.
/// </remarks>
public sealed class SpdxDocument(PlatformContents image, ImageReference name, string tool)
{
    public const string MediaType = "application/spdx+json";
    private const string Document = "SPDXRef-DOCUMENT", Image = "SPDXRef-Image", System = "SPDXRef-OperatingSystem", Unknown = "NOASSERTION";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Digest digest = image.Descriptor.Digest;
    private readonly PackageInventory inventory = image.Packages;
    private readonly SortedDictionary<string, string> otherLicenses = new(StringComparer.Ordinal);

    public byte[] ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("spdxVersion", "SPDX-2.3");
            json.WriteString("dataLicense", "CC0-1.0");
            json.WriteString("SPDXID", Document);
            json.WriteString("name", $"{name.Name}@{digest}");
            json.WriteString("documentNamespace", $"https://spdx.org/spdxdocs/{tool}-{Digest.Of(name.Name).Short}-{digest.Algorithm}-{digest.Hex}");
            WriteCreation(json);
            json.WriteStartArray("packages");
            WriteImage(json);
            WriteSystem(json);
            foreach (var package in inventory.Packages)
                WritePackage(json, package);
            json.WriteEndArray();
            WriteRelationships(json);
            WriteOtherLicenses(json);
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }

    private void WriteCreation(Utf8JsonWriter json)
    {
        json.WriteStartObject("creationInfo");
        json.WriteString("created", (image.Config.Created ?? DateTimeOffset.UnixEpoch).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        json.WriteStartArray("creators");
        json.WriteStringValue($"Tool: {tool}");
        json.WriteEndArray();
        if (inventory.Unreadable.Length > 0)
            json.WriteString("comment", "Not read: " + string.Join(' ', inventory.Unreadable));
        json.WriteEndObject();
    }

    private void WriteImage(Utf8JsonWriter json)
    {
        Begin(json, Image, name.Name, digest.ToString(), "CONTAINER");
        json.WriteStartArray("checksums");
        json.WriteStartObject();
        json.WriteString("algorithm", digest.Algorithm.ToUpperInvariant());
        json.WriteString("checksumValue", digest.Hex);
        json.WriteEndObject();
        json.WriteEndArray();
        var repository = name.Repository.Split('/')[^1];
        End(json, Unknown, $"pkg:oci/{repository}@{digest}?arch={image.Platform.Architecture}&repository_url={Uri.EscapeDataString(name.Name)}");
    }

    private void WriteSystem(Utf8JsonWriter json)
    {
        if (inventory.Release.Id is not { } id)
            return;
        Begin(json, System, id, inventory.Release.VersionId, "OPERATING_SYSTEM");
        if (inventory.Release.PrettyName is { } description)
            json.WriteString("description", description);
        End(json, Unknown, null);
    }

    private void WritePackage(Utf8JsonWriter json, Package package)
    {
        Begin(json, IdOf(package), package.Name, package.Version, "LIBRARY");
        json.WriteString("sourceInfo", $"built from {package.Source} {package.SourceVersion}; read from the image's {Database(package.Kind)} database");
        End(json, LicenseOf(package), PackageUrl.Of(package, inventory.Release));
    }

    private static void Begin(Utf8JsonWriter json, string id, string name, string? version, string purpose)
    {
        json.WriteStartObject();
        json.WriteString("SPDXID", id);
        json.WriteString("name", name);
        if (version is not null)
            json.WriteString("versionInfo", version);
        json.WriteString("primaryPackagePurpose", purpose);
        json.WriteString("downloadLocation", Unknown);
        json.WriteBoolean("filesAnalyzed", false);
        json.WriteString("supplier", Unknown);
    }

    private static void End(Utf8JsonWriter json, string license, string? url)
    {
        json.WriteString("licenseConcluded", Unknown);
        json.WriteString("licenseDeclared", license);
        json.WriteString("copyrightText", Unknown);
        if (url is not null)
        {
            json.WriteStartArray("externalRefs");
            json.WriteStartObject();
            json.WriteString("referenceCategory", "PACKAGE-MANAGER");
            json.WriteString("referenceType", "purl");
            json.WriteString("referenceLocator", url);
            json.WriteEndObject();
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    private void WriteRelationships(Utf8JsonWriter json)
    {
        json.WriteStartArray("relationships");
        Relate(Document, "DESCRIBES", Image);
        if (inventory.Release.Id is not null)
            Relate(Image, "CONTAINS", System);
        foreach (var package in inventory.Packages)
            Relate(Image, "CONTAINS", IdOf(package));
        json.WriteEndArray();

        void Relate(string from, string how, string to)
        {
            json.WriteStartObject();
            json.WriteString("spdxElementId", from);
            json.WriteString("relationshipType", how);
            json.WriteString("relatedSpdxElement", to);
            json.WriteEndObject();
        }
    }

    private void WriteOtherLicenses(Utf8JsonWriter json)
    {
        if (otherLicenses.Count == 0)
            return;
        json.WriteStartArray("hasExtractedLicensingInfos");
        foreach (var (id, text) in otherLicenses)
        {
            json.WriteStartObject();
            json.WriteString("licenseId", id);
            json.WriteString("extractedText", text);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private string LicenseOf(Package package)
    {
        if (package.License is not { } text || string.IsNullOrWhiteSpace(text))
            return Unknown;
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
