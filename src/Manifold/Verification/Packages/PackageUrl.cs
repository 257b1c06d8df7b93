using System.Text;

namespace Manifold.Verification.Packages;

/// <summary>Names a package for every scanner: <c>pkg:deb/debian/curl@7.88.1-10?arch=amd64&amp;distro=debian-12</c>.</summary>
/// <remarks>
/// Source: package-url specification, "purl components" and the types deb, apk, rpm and docker; <c>upstream</c> is what Syft and Grype use.
/// </remarks>
internal static class PackageUrl
{
    public static string Of(Package package, OsRelease release)
    {
        var (type, vendor) = package.Kind switch
        {
            PackageKind.Deb => ("deb", release.Id ?? "debian"),
            PackageKind.Apk => ("apk", release.Id ?? "alpine"),
            _ => ("rpm", release.Id ?? "redhat"),
        };
        var version = package.Version;
        var qualifiers = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (package.Architecture.Length > 0)
            qualifiers["arch"] = package.Architecture;
        if (release.Id is { } id)
            qualifiers["distro"] = release.VersionId is { } release2 ? $"{id}-{release2}" : id;
        if (package.Kind == PackageKind.Rpm && version.IndexOf(':', StringComparison.Ordinal) is var colon and > 0)
            (qualifiers["epoch"], version) = (version[..colon], version[(colon + 1)..]);
        if (package.Source != package.Name || package.SourceVersion != package.Version)
            qualifiers["upstream"] =
                package.SourceVersion == package.Version ? package.Source : $"{package.Source}@{package.SourceVersion}";
        return Written(
            $"pkg:{type}/{Encoded(vendor)}/{Encoded(package.Kind == PackageKind.Rpm ? package.Name : package.Name.ToLowerInvariant())}"
                + $"@{Encoded(version)}", qualifiers);
    }

    /// <summary>An image by digest: <c>pkg:docker/acme/app@sha256:…?platform=linux%2Farm64&amp;repository_url=quay.io</c>.</summary>
    public static string OfImage(Oci.ImageReference name, Oci.Digest digest, Oci.Platform? platform)
    {
        var qualifiers = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (platform is not null)
            qualifiers["platform"] = platform.ToString();
        if (name.Registry != "docker.io")
            qualifiers["repository_url"] = name.Registry;
        return Written(
            $"pkg:docker/{string.Join('/', name.Repository.Split('/').Select(Encoded))}@{Encoded(digest.ToString())}", qualifiers);
    }

    private static string Written(string start, SortedDictionary<string, string> qualifiers) =>
        qualifiers.Count == 0 ? start : $"{start}?{string.Join('&', qualifiers.Select(pair => $"{pair.Key}={Encoded(pair.Value)}"))}";

    private static string Encoded(string text)
    {
        var result = new StringBuilder();
        foreach (var one in Encoding.UTF8.GetBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)one) || one is (byte)'.' or (byte)'-' or (byte)'_' or (byte)'~' or (byte)':')
                result.Append((char)one);
            else
                result.Append(System.Globalization.CultureInfo.InvariantCulture, $"%{one:X2}");
        }
        return result.ToString();
    }
}
