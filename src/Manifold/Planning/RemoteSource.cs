using Manifold.Fetching;
using Manifold.Oci;
using Manifold.Text;

namespace Manifold.Planning;

/// <summary>What an ADD fetches from elsewhere.</summary>
/// <remarks>
/// A closed family. Source: Dockerfile reference, "ADD", "Adding files from a URL" and "Adding files from a Git repository".
/// </remarks>
internal abstract record RemoteSource
{
    /// <summary>As people know it; without credentials.</summary>
    public abstract string Name { get; }

    /// <summary>All that tells it from others. May hold credentials: for hashing only.</summary>
    internal abstract string Key { get; }
}

/// <summary>A file behind an http(s) address: mode 0600, and its server's time.</summary>
/// <param name="Unpack">Whether an archive is unpacked (<c>--unpack</c>); otherwise it stays as it came.</param>
internal sealed record UrlSource(Uri Address, Digest? Checksum, bool Unpack) : RemoteSource
{
    public override string Name => AddressSecrets.Without(Address.ToString());

    internal override string Key => $"{Address} {Checksum} {Unpack}";

    /// <summary>What the file is called in a destination folder: the address's last part.</summary>
    public string FileName => HttpFetcher.NameOf(Address);
}

/// <summary>The files of a commit.</summary>
internal sealed record GitSource(GitAddress Address, bool KeepGitFolder) : RemoteSource
{
    public override string Name => Address.ToString();

    internal override string Key =>
        $"{Address.Remote} {Address.Ref} {Address.Folder} {KeepGitFolder} {Address.Checksum} {Address.Submodules}";
}
