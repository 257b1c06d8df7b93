using System.Globalization;

namespace Manifold.Fetching;

/// <summary>The time of the commit that a folder is a checkout of.</summary>
internal static class CheckoutTime
{
    /// <summary>In seconds since 1970; null where the folder is no checkout, or git is not installed.</summary>
    /// <remarks>Checks no signature, whatever the configuration says: that runs a program that it names.</remarks>
    public static async Task<long?> FindAsync(string folder, CancellationToken cancellation = default)
    {
        var said = await ContextGit.AskAsync(folder, ["log", "-1", "--no-show-signature", "--format=%ct"], cancellation)
            .ConfigureAwait(false);
        return long.TryParse(said, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var time) ? time : null;
    }
}
