using System.Collections.Immutable;
using System.Text;
using Manifold.Layers;

namespace Manifold.Verification.Packages;

/// <summary>What an image's own package databases say is installed, read statically: nothing of the image runs.</summary>
/// <param name="Packages">By name, then version and architecture.</param>
/// <param name="Unreadable">Databases that are there and could not be read, each with the reason. Whoever shows the packages shows these
/// too.</param>
internal sealed record PackageInventory(OsRelease Release, ImmutableArray<Package> Packages, ImmutableArray<string> Unreadable)
{
    private const string DpkgStatus = "var/lib/dpkg/status", DpkgFolder = "var/lib/dpkg/status.d";
    private static readonly string[] OsReleases = ["etc/os-release", "usr/lib/os-release"];
    private static readonly string[] ApkDatabases = ["lib/apk/db/installed", "usr/lib/apk/db/installed"];
    private static readonly string[] RpmFolders = ["usr/lib/sysimage/rpm", "var/lib/rpm"];

    // rpm's other formats: Berkeley DB (until 2020) and its own ndb.
    private static readonly (string Name, string Format)[] OldRpmFormats = [("Packages", "Berkeley DB"), ("Packages.db", "ndb")];

    /// <summary>Whether a layer's file of this path is needed here.</summary>
    public static bool IsWanted(string path) =>
        path == DpkgStatus || OsReleases.Contains(path) || ApkDatabases.Contains(path)
        || EntryPath.IsBelow(path, DpkgFolder)
        || RpmFolders.Any(folder => EntryPath.Parent(path) == folder && path.EndsWith("rpmdb.sqlite", StringComparison.Ordinal));

    public static PackageInventory Read(PlatformContents image)
    {
        var reading = new Reading(image);
        var packages = reading.Dpkg().Concat(reading.Apk()).Concat(reading.Rpm());
        return new PackageInventory(
            OsReleases.Select(image.Read).OfType<byte[]>().Select(bytes => OsRelease.Parse(Encoding.UTF8.GetString(bytes))).FirstOrDefault()
                ?? OsRelease.Unknown,
            [.. packages.Distinct()
                .OrderBy(package => package.Name, StringComparer.Ordinal)
                .ThenBy(package => package.Version, StringComparer.Ordinal)
                .ThenBy(package => package.Architecture, StringComparer.Ordinal)],
            [.. reading.Unreadable]);
    }

    private sealed class Reading(PlatformContents image)
    {
        private readonly HashSet<string> seen = new(StringComparer.Ordinal);

        internal List<string> Unreadable { get; } = [];

        internal List<Package> Dpkg()
        {
            var texts = FilesIn(DpkgFolder).Where(path => !path.EndsWith(".md5sums", StringComparison.Ordinal)).Prepend(DpkgStatus);
            return [.. texts.Select(Text).OfType<string>().SelectMany(DpkgDatabase.Parse)];
        }

        internal List<Package> Apk() => [.. ApkDatabases.Select(Text).OfType<string>().SelectMany(ApkDatabase.Parse)];

        internal List<Package> Rpm()
        {
            var packages = new List<Package>();
            foreach (var folder in RpmFolders)
            {
                foreach (var (name, format) in OldRpmFormats)
                {
                    if (FirstSight($"{folder}/{name}"))
                    {
                        Unreadable.Add(
                            $"/{folder}/{name}: only rpm databases in SQLite format are supported, and this one is in {format} format.");
                    }
                }
                if (FirstSight($"{folder}/rpmdb.sqlite"))
                    packages.AddRange(Sqlite($"{folder}/rpmdb.sqlite"));
            }
            return packages;
        }

        private IReadOnlyList<Package> Sqlite(string path)
        {
            if (Bytes(path) is not { } bytes)
                return [];
            if (image.Files.Find(path + "-wal") is { Size: > 0 })
                Unreadable.Add($"/{path}-wal: the database was not closed; packages of its last change may be missing here.");
            try
            {
                return RpmDatabase.Read(bytes);
            }
            catch (InvalidDataException e)
            {
                Unreadable.Add($"/{path}: {e.Message}.");
                return [];
            }
        }

        private string? Text(string path) => FirstSight(path) && Bytes(path) is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

        private byte[]? Bytes(string path)
        {
            var bytes = image.Read(path);
            if (bytes is null)
                Unreadable.Add($"/{path}: it is larger than {Limits.PackageDatabaseBytes / 1024 / 1024} MB, or a "
                    + $"link to where no package manager has it.");
            return bytes;
        }

        /// <summary>
        /// False where there is no such file, or it was met under another name: a folder of databases is often a link to another.
        /// </summary>
        private bool FirstSight(string path)
        {
            try
            {
                return image.Files.Resolve(path) is { Exists: true, Entry.Kind: EntryKind.File or EntryKind.HardLink } found
                    && seen.Add(found.Path);
            }
            catch (LayerException)
            {
                return false;
            }
        }

        private IEnumerable<string> FilesIn(string folder) =>
            image.Files.Children(folder).Where(entry => entry.Kind == EntryKind.File).Select(entry => entry.Path);
    }
}
