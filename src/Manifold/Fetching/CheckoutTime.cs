using System.Globalization;
using Manifold.Linux;

namespace Manifold.Fetching;

/// <summary>The time of the commit that a folder is a checkout of.</summary>
public static class CheckoutTime
{
    /// <summary>In seconds since 1970; null where the folder is no checkout, or git is not installed.</summary>
    public static async Task<long?> FindAsync(string folder, CancellationToken cancellation = default)
    {
        var result = await ChildProcess.RunAsync("git", ["-C", folder, "-c", "core.fsmonitor=false", "log", "-1", "--format=%ct"],
            cancellation: cancellation).ConfigureAwait(false);
        return result is { ExitCode: 0 } && long.TryParse(result.Output.Trim(), NumberStyles.AllowLeadingSign,
            CultureInfo.InvariantCulture, out var time) ? time : null;
    }
}
