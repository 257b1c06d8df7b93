using System.Collections.Immutable;
using Manifold.Linux;
using Manifold.Dockerfile;
using Manifold.Planning.Checks;

namespace Manifold.Verification.Binaries;

/// <summary>Looks through a build context for what is made for one machine. Reads names, and the headers of ELF files; follows no links.</summary>
public static class ContextSurvey
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = FileAttributes.None };

    public static ContextFacts Of(string root, IgnoreRules ignored, CancellationToken cancellation)
    {
        var (programs, modules) = (ImmutableArray.CreateBuilder<MachineFile>(), ImmutableArray.CreateBuilder<string>());
        var left = Limits.SurveyedFiles;
        Walk(new DirectoryInfo(root), "", null);
        return new ContextFacts(programs.ToImmutable(), modules.ToImmutable());

        void Walk(DirectoryInfo folder, string prefix, IgnoreMatch? above)
        {
            foreach (var entry in folder.EnumerateFileSystemInfos("*", Everything).OrderBy(entry => entry.Name, StringComparer.Ordinal))
            {
                cancellation.ThrowIfCancellationRequested();
                if (left-- <= 0)
                    return;
                var path = prefix + entry.Name;
                var match = ignored.Match(path, above);
                if (entry.LinkTarget is not null || !ignored.MayContainIncluded(path, match))
                    continue;
                if (entry is DirectoryInfo below)
                {
                    if (entry.Name == "node_modules" && !match.Excluded)
                        modules.Add(path);
                    Walk(below, path + "/", match);
                }
                else if (!match.Excluded && Read(entry.FullName) is ElfFile { Kind: ElfKind.Program or ElfKind.Library } elf)
                    programs.Add(new MachineFile(path, elf.Machine.ToString(), platform => MachineFit.Of(platform, elf).Kind is FitKind.Native or FitKind.Compatible));
            }
        }
    }

    /// <summary>What cannot be opened is left to the build to complain about.</summary>
    private static FileFacts? Read(string path)
    {
        try
        {
            using var file = PlainFile.Open(path);
            Span<byte> magic = stackalloc byte[4];
            if (file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) < magic.Length || !magic.SequenceEqual("\u007FELF"u8))
                return null;
            file.Position = 0;
            return FileFacts.Read(path, file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
