using Manifold.Linux;

namespace Manifold.Verification.Packages;

/// <summary>Reads rpm's SQLite database, <c>rpmdb.sqlite</c>, which it writes since 4.16 (Fedora 33, RHEL 9, openSUSE has ndb).</summary>
/// <remarks>The headers are rpm's own; SQLite reads the file around them.</remarks>
internal static class RpmDatabase
{
    /// <exception cref="InvalidDataException">It cannot be read; the message says why.</exception>
    /// <exception cref="HostNotReadyException">libsqlite3 is not installed.</exception>
    public static IReadOnlyList<Package> Read(ReadOnlySpan<byte> database) =>
        [.. SqliteReading.Column(database, "Packages", "blob").Select(header => RpmHeader.TryParse(header)).OfType<Package>()];
}
