using System.Globalization;
using System.Text.RegularExpressions;
using Manifold.Projects;
using Manifold.Text;

namespace Manifold.Nodes.Ssh;

/// <summary>Refuses a host that the program can't work on.</summary>
internal static partial class HostCheck
{
    /// <summary>The oldest glibc that the program works with: that of the Debian release that <c>build.sh</c> links.</summary>
    private const int GlibcMajor = 2, GlibcMinor = 34;

    /// <returns>The first problem; null if there is none.</returns>
    public static SshException? Refuse(NodeAddress address, HostProfile profile)
    {
        SshException Problem(SshProblem problem, string text) => new(problem, $"Node '{address}': {text}");
        var folder = ForeignText.Line(profile.Folder);
        if (profile.Os != "Linux")
            return Problem(SshProblem.NotLinux, $"it runs {ForeignText.Line(profile.Os)}. Only machines with Linux can be nodes.");
        if (OfLibrary(profile) is { } library)
            return Problem(SshProblem.WrongLibrary, library);
        if (!profile.Folder.StartsWith('/') || !RemoteCommand.CanCarry(profile.Folder))
            return Problem(SshProblem.Unwritable, $"the folder '{folder}' cannot be used. Set 'folder:' of the node to an absolute path "
                + "without quotes, backslashes, and exclamation marks.");
        if (profile.WriteProblem is { } reason)
            // Not every shell says why it could not write.
            return Problem(IsDiskFull(reason) || profile.FreeBytes == 0 ? SshProblem.DiskFull : SshProblem.Unwritable,
                $"the folder '{folder}' cannot be written: {ForeignText.Line(reason)}. Fix this there, or set 'folder:' of the node to "
                + "another folder.");
        return profile.CanExecute ? null : Problem(SshProblem.NotExecutable,
            $"programs in '{folder}' cannot be executed; its disk is probably mounted with 'noexec'. Set 'folder:' of the node to a folder "
            + "on another disk.");
    }

    /// <summary>Whether a program complained of a full disk.</summary>
    public static bool IsDiskFull(string error) => error.Contains("No space left on device", StringComparison.Ordinal)
        || error.Contains("Disk quota exceeded", StringComparison.Ordinal);

    // Without a known loader, the processor has no program anyway, which is another problem.
    private static string? OfLibrary(HostProfile profile)
    {
        var loader = profile.Platform.Architecture switch
        {
            "amd64" => "/lib64/ld-linux-x86-64.so.2",
            "arm64" => "/lib/ld-linux-aarch64.so.1",
            _ => null,
        };
        if (loader is not null && !profile.Loaders.Contains(loader))
        {
            return profile.Library == "musl"
                ? $"its C library is musl, as in Alpine Linux. manifold needs glibc {GlibcMajor}.{GlibcMinor} or later: use a machine with "
                    + "another distribution, or install manifold in a container there and connect to its SSH server."
                : $"it cannot start programs for {profile.Platform}: '{loader}' is missing. manifold needs glibc {GlibcMajor}.{GlibcMinor} "
                    + $"or later for {profile.Platform}.";
        }
        return VersionPattern().Match(profile.Library) is { Success: true } match && IsTooOld(match)
            ? $"its C library is {profile.Library}. manifold needs glibc {GlibcMajor}.{GlibcMinor} or later: update the system there."
            : null;
    }

    private static bool IsTooOld(Match version) =>
        (Number(version.Groups["major"]), Number(version.Groups["minor"])).CompareTo((GlibcMajor, GlibcMinor)) < 0;

    private static int Number(Group digits) => int.Parse(digits.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\Aglibc (?<major>[0-9]{1,3})\.(?<minor>[0-9]{1,3})(?![0-9])", RegexOptions.ExplicitCapture)]
    private static partial Regex VersionPattern();
}
