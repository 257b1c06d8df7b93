
using Manifold.Projects;

namespace Manifold.Building.Reproducing;

/// <summary>A time zone in which a clock shows another day, hour and minute than in UTC. What asks for UTC sees no difference.</summary>
/// <remarks>
/// A POSIX text, which needs no files in the image. Source: POSIX.1-2024, Base Definitions 8.3 (TZ); its sign is that of the way to UTC.
/// </remarks>
internal static class OtherTimeZone
{
    /// <param name="first">
    /// Before the first build. Where midnight has passed since, its clock may have shown either day: only tomorrow is another one for sure.
    /// </param>
    public static string At(DateTimeOffset first, DateTimeOffset now) =>
        first.UtcDateTime.Date != now.UtcDateTime.Date ? "EAST-24:47" : now.UtcDateTime.Hour < 12 ? "WEST+13:47" : "EAST-13:47";

    /// <summary>The project with hooks that run there, unless they say otherwise themselves.</summary>
    public static Project Moved(Project project, string zone) => project with
    {
        Components = [.. project.Components.Select(component => component with
        {
            Before = [.. component.Before.Select(
                hook => hook.Environment.ContainsKey("TZ") ? hook : hook with { Environment = hook.Environment.Add("TZ", zone) })],
        })],
    };

    /// <summary>The same with RUNs.</summary>
    public static GraphOptions Moved(GraphOptions options, string zone) =>
        options with { RunSettings = source => options.RunSettings(source) with { TimeZone = zone } };
}
