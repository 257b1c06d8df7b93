using Manifold.Linux;

namespace Manifold.Sandbox;

/// <summary>Ends what the RUNs of a killed process left: processes, control groups, what carried their networks.</summary>
internal static class AbandonedRuns
{
    /// <summary>
    /// Does so for a work folder that nobody owns any more, before it is deleted. Every program that may find the RUNs of another
    /// hands it to <see cref="Content.Store.Open(string, Action{string})"/>.
    /// </summary>
    /// <remarks>
    /// The kernel has ended nearly all of it. What had just begun to start is found by its folder, which its command line names; control
    /// groups by their names, which begin with the folder's, or, where they were made in another group, by what the run wrote down.
    /// </remarks>
    public static void End(string workFolder)
    {
        RunningProcesses.KillThoseSaying([$" run --bundle {workFolder}/", .. NetworkProgram.MarksOf(workFolder)]);
        Cgroups.RemoveAll(Path.GetFileName(workFolder) + "-");
        foreach (var run in Directory.Exists(workFolder) ? Directory.GetDirectories(workFolder, RunFolder.Prefix + "*") : [])
        {
            if (RunFolder.NoteOf(run) is { } group)
                Cgroups.RemoveNoted(group);
        }
    }
}
