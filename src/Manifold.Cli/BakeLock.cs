using Manifold.Projects;
using Manifold.Projects.Locking;

namespace Manifold.Cli;

/// <summary>Whether a bake goes by the project's lock file, and says so.</summary>
internal static class BakeLock
{
    /// <summary>What <c>--locked</c>, <c>--pull</c> and the file that is there or not come to; null where nothing is pinned.</summary>
    /// <exception cref="UsageException">The file must be there and is not, or it must count and must not.</exception>
    public static LockUse? Find(CliContext context, Project project, BakeCommandLine line)
    {
        var folder = Directory.GetCurrentDirectory();
        if (line is { Locked: true, Pull: true })
            throw new UsageException("--locked and --pull cannot be used together: --locked uses the pinned images, and --pull looks for "
                + "newer ones. To update the pins, run: manifold lock --update");
        if (LockFile.Find(project, folder) is not { } pins)
        {
            var missing = LockFile.Empty(project, folder);
            if (line.Locked)
                throw new LockFileException(
                    $"--locked: {project.File} has no lock file ({missing.File} does not exist). To create it, run: {missing.Command}");
            return null;
        }
        if (line.Progress is not ("quiet" or "json"))
            context.Warn(line.Pull ? $"{pins.File} is ignored, because --pull looks for newer images."
                : $"using {(line.Locked ? "only " : "")}the images and sources that {pins.File} pins");
        return line.Pull ? null : new LockUse(pins, line.Locked);
    }
}
