using System.Globalization;

namespace Manifold.Linux;

/// <summary>The processor time of a process and its descendants, as /proc counts it.</summary>
internal static class ProcessUsage
{
    private const long TicksPerSecond = 100; // USER_HZ is 100 on every architecture that .NET runs on
    private const int UserTime = 11, LastTime = 14; // utime, stime, cutime and cstime, counted from behind the program's name: proc(5)

    /// <summary>
    /// The time of the whole tree, including children that have ended, and whether one of its threads runs or waits for a
    /// processor. Null if /proc does not show it, or if the process has ended.
    /// </summary>
    public static (TimeSpan Used, bool IsRunnable)? OfTree(int process)
    {
        var (ticks, isRunnable) = (0L, false);
        var open = new Stack<string>([process.ToString(CultureInfo.InvariantCulture)]);
        var isRoot = true;
        while (open.TryPop(out var id))
        {
            try
            {
                ticks += TicksOf(id);
                foreach (var thread in Directory.EnumerateDirectories($"/proc/{id}/task"))
                {
                    isRunnable = isRunnable || FieldsOf(thread) is ["R", ..];
                    var children = File.ReadAllText(Path.Combine(thread, "children"));
                    foreach (var child in children.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                        open.Push(child);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
            {
                if (isRoot)
                    return null;
                // A process of the tree has ended. Its time is now part of its parent's.
            }
            isRoot = false;
        }
        return (TimeSpan.FromSeconds((double)ticks / TicksPerSecond), isRunnable);
    }

    private static long TicksOf(string id)
    {
        var fields = FieldsOf($"/proc/{id}");
        return fields.Length <= LastTime ? 0
            : fields[UserTime..(LastTime + 1)].Sum(field => long.Parse(field, CultureInfo.InvariantCulture));
    }

    /// <summary>The fields after the program's name, which may contain blanks. The first is the state.</summary>
    private static string[] FieldsOf(string folder)
    {
        var text = File.ReadAllText(Path.Combine(folder, "stat"));
        return text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
