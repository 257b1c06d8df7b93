using System.Globalization;
using Manifold.Building;
using Manifold.Linux;
using Manifold.Oci;
using Manifold.Sandbox;

namespace Manifold.Nodes.Units;

/// <summary>Finds out what this machine offers as a node.</summary>
internal static class NodeSurvey
{
    public static async Task<NodeFacts> RunAsync(BuilderTools tools)
    {
        var emulators = new Emulators(tools.Store, remembers: true);
        var all = await Task.WhenAll(Emulators.All.Select(emulators.ForAsync)).ConfigureAwait(false);
        return new NodeFacts
        {
            Version = Product.Version,
            Identity = IdentityOf(tools.Store.Root),
            Platform = Platform.Host,
            Native = [.. all.Where(each => each.Kind == EmulationKind.Native).Select(each => each.Platform)],
            Emulated = [.. all.Where(each => each.Kind == EmulationKind.Emulated).Select(each => each.Platform)],
            RunProblem = await ProblemAsync(tools).ConfigureAwait(false),
            Processors = Environment.ProcessorCount,
            MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            Jobs = MachineJobs.Default,
            Load = Load(),
            Store = tools.Store.Root,
            FreeBytes = DiskSpace.Of(tools.Store.Root)?.Free ?? 0,
            Time = tools.Time.GetUtcNow().ToUnixTimeSeconds(),
        };
    }

    /// <summary>The running kernel, and the folder of the store as it knows it: containers of one machine have the same paths.</summary>
    private static string IdentityOf(string root)
    {
        using var folder = DirectoryHandle.Open(root);
        var status = folder.Status("");
        return $"{Read("/proc/sys/kernel/random/boot_id")} {status?.Device} {status?.Inode}";
    }

    private static async Task<string?> ProblemAsync(BuilderTools tools)
    {
        if (!Environment.IsPrivilegedProcess)
            return "the account is not root, and it cannot use a user namespace. To see why, run there: manifold doctor";
        try
        {
            await new OciRuntimes(tools.Store, tools.SearchPath).FindAsync().ConfigureAwait(false);
            return null;
        }
        catch (HostNotReadyException e)
        {
            return e.Message;
        }
    }

    /// <summary>Source: proc_loadavg(5), the first field.</summary>
    private static double Load() =>
        double.TryParse(Read("/proc/loadavg").Split(' ')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var load) ? load : 0;

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
