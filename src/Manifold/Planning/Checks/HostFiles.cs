using Manifold.Dockerfile;
using Manifold.Oci;

namespace Manifold.Planning.Checks;

/// <summary>HostBinaryInContext, HostNodeModules.</summary>
internal static class HostFiles
{
    private const int MostNamed = 3;

    public static void Check(PlanFindings findings)
    {
        if (findings.Facts.Context is not { } context)
            return;
        foreach (var stage in findings.Stages)
        {
            var platform = findings.Graph.PlatformOf(stage);
            foreach (var (files, word, path) in ContextSources.Of(findings, stage))
            {
                if (context.Folders.FirstOrDefault(folder => Takes(path, folder)) is { } modules)
                    findings.Add(Rules.HostNodeModules, files,
                        $"'{modules}' is copied into the image, but has files that are compiled for this machine",
                        "Add node_modules to .dockerignore, and install the packages in the image: RUN npm ci.", word);
                CheckPrograms(findings, files, (word, path), platform);
            }
        }
    }

    private static void CheckPrograms(PlanFindings findings, FilesInstruction files, (string Word, string Path) source, Platform platform)
    {
        var taken = findings.Facts.Context!.Programs.Where(file => Takes(source.Path, file.Path) && !IsElsewhere(file.Path)).ToList();
        var foreign = taken.Where(file => !file.RunsOn(platform)).ToList();
        // Who copies programs for several platforms, this one among them, chooses later.
        if (foreign.Count == 0 || foreign.Count < taken.Count)
            return;
        var named = string.Join(", ", foreign.Take(MostNamed).Select(file => $"'{file.Path}' ({file.Machine})"))
            + (foreign.Count > MostNamed ? $" and {foreign.Count - MostNamed} more" : "");
        findings.Add(Rules.HostBinaryInContext, files, $"{named} cannot run on {platform}",
            "Build it in a stage, or provide one file for each platform and copy it by name: COPY bin/$TARGETARCH/app /app.", source.Word);
    }

    /// <summary>What is a finding of its own, or material for tests.</summary>
    private static bool IsElsewhere(string path) => path.Split('/').Any(part => part is "node_modules" or "testdata");

    /// <summary>The source is the path, a folder above it, or a pattern for one of them.</summary>
    private static bool Takes(string source, string path)
    {
        if (source.Length == 0)
            return true;
        var above = path.Split('/');
        var depth = source.Count(c => c == '/') + 1;
        if (above.Length < depth)
            return false;
        var same = string.Join('/', above.Take(depth));
        return FilePattern.HasWildcards(source) ? FilePattern.TryParse(source, out var pattern) && pattern.Matches(same) : same == source;
    }
}
