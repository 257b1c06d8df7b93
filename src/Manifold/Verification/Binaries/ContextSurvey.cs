using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Linux;
using Manifold.Planning.Checks;

namespace Manifold.Verification.Binaries;

/// <summary>
/// Looks through a build context for what is made for one machine. Reads names, and the headers of ELF files; follows no links.
/// </summary>
/// <remarks>
/// Each folder is opened from the one above it and each file from its folder, so a change of the tree meanwhile leads nowhere else.
/// What cannot be opened is left to the build to complain about.
/// </remarks>
internal static class ContextSurvey
{
    public static ContextFacts Of(string root, IgnoreRules ignored, CancellationToken cancellation)
    {
        var (programs, modules) = (ImmutableArray.CreateBuilder<MachineFile>(), ImmutableArray.CreateBuilder<string>());
        var left = Limits.SurveyedFiles;
        using var top = DirectoryHandle.Open(root);
        Walk(top, "", null);
        return new ContextFacts(programs.ToImmutable(), modules.ToImmutable());

        void Walk(DirectoryHandle folder, string prefix, IgnoreMatch? above)
        {
            foreach (var name in Tried(folder.Names)?.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>())
            {
                cancellation.ThrowIfCancellationRequested();
                if (left-- <= 0)
                    return;
                var path = prefix + name;
                var match = ignored.Match(path, above);
                if (path.Length > Limits.PathBytes || !ignored.MayContainIncluded(path, match))
                    continue;
                var status = Tried(() => folder.Status(name));
                if (status is { IsFolder: true } && Tried(() => folder.TryOpenFolder(name, out _)) is { } below)
                {
                    if (name == "node_modules" && !match.Excluded)
                        modules.Add(path);
                    using (below)
                        Walk(below, path + "/", match);
                }
                else if (status is { IsRegularFile: true } && !match.Excluded
                    && Tried(() => Read(folder, name)) is ElfFile { Kind: ElfKind.Program or ElfKind.Library } elf)
                    programs.Add(new MachineFile(path,
                        elf.Machine.ToString(), platform => MachineFit.Of(platform, elf).Kind is FitKind.Native or FitKind.Compatible));
            }
        }
    }

    private static FileFacts? Read(DirectoryHandle folder, string name)
    {
        using var file = new FileStream(folder.OpenFile(name), FileAccess.Read, bufferSize: 0);
        Span<byte> magic = stackalloc byte[4];
        if (file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) < magic.Length || !magic.SequenceEqual("\u007FELF"u8))
            return null;
        file.Position = 0;
        return FileFacts.Read(name, file);
    }

    private static T? Tried<T>(Func<T?> look)
    {
        try
        {
            return look();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return default;
        }
    }
}
