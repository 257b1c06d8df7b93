
namespace Manifold.Building;

/// <summary>How much work at a time the machine bears.</summary>
internal static class MachineJobs
{
    // A compiler or a package manager takes some hundred megabytes; with less for each, all of them wait for the disk.
    private const long BytesForEach = 1L << 30;

    /// <summary>
    /// A RUN for each processor, two at least, and fewer where memory is short. What a container may use counts, not what the machine has.
    /// </summary>
    public static int Default => Of(Environment.ProcessorCount, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);

    internal static int Of(int processors, long memory) => (int)Math.Clamp(memory / BytesForEach, 1, Math.Max(2, processors));
}
