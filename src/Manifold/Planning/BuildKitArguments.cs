using System.Globalization;
using System.Text.RegularExpressions;
using Manifold.Dockerfile;

namespace Manifold.Planning;

/// <summary>The build arguments that speak to the builder and not to the Dockerfile: BUILDKIT_* and SOURCE_DATE_EPOCH.</summary>
/// <remarks>
/// Those that a Dockerfile declares with ARG are arguments like others besides. Names that nobody knows are no error, as BuildKit has it.
/// Source: Dockerfile reference, "BuildKit built-in build args"; docs/outputs-and-cache.md says of each what it does here.
/// </remarks>
internal static partial class BuildKitArguments
{
    // The end of the year 9999: configs spell a time with four digits for the year (RFC 3339).
    private const long LastSecond = 253_402_300_799;

    public const string Epoch = "SOURCE_DATE_EPOCH";

    /// <summary>The value that stands for the time of the context.</summary>
    public const string OfContext = "context";

    /// <summary>The request with what its arguments ask for.</summary>
    /// <exception cref="UsageException">One asks for what is not here, or has no such value.</exception>
    public static BuildRequest Applied(BuildRequest request)
    {
        RequireKnownSyntax(request.BuildArguments.GetValueOrDefault("BUILDKIT_SYNTAX"));
        var hostname = request.BuildArguments.GetValueOrDefault("BUILDKIT_SANDBOX_HOSTNAME") is { Length: > 0 } name ? name : null;
        if (hostname is not null && !HostName().IsMatch(hostname))
            throw new UsageException($"--build-arg BUILDKIT_SANDBOX_HOSTNAME={hostname}: expected a host name: at most 64 letters, "
                + "digits, dots and hyphens.");
        return request with
        {
            RunHostname = hostname,
            Cache = IsOn(request, "BUILDKIT_INLINE_CACHE") ? request.Cache with { Inline = true } : request.Cache,
            // Whoever declares ARG SOURCE_DATE_EPOCH sees it, wherever it comes from. Source: buildx, which hands the variable on so.
            BuildArguments = request.SourceDateEpoch is { } epoch && !request.BuildArguments.ContainsKey(Epoch)
                ? request.BuildArguments.Add(Epoch, epoch.ToString(CultureInfo.InvariantCulture)) : request.BuildArguments,
        };
    }

    /// <summary>Whether folders and tars of files have a folder for the platform even where there is one platform alone.</summary>
    public static bool SplitsPlatforms(BuildRequest request) => IsOn(request, "BUILDKIT_MULTI_PLATFORM");

    /// <summary>Whether a repository that is the context keeps its <c>.git</c>.</summary>
    public static bool KeepsGitFolder(BuildRequest request) => IsOn(request, "BUILDKIT_CONTEXT_KEEP_GIT_DIR");

    /// <summary>Whether a text says the time by itself: nothing, seconds, or <see cref="OfContext"/>.</summary>
    public static bool IsTime(string text) => text.Length == 0 || text == OfContext || text.All(char.IsAsciiDigit);

    /// <summary>
    /// The request with the time that somebody names instead of saying it: it then says what it says everywhere else, in digits.
    /// </summary>
    /// <param name="text">What is said of the time, by the request or by the Dockerfile.</param>
    /// <remarks>
    /// <c>context</c> is the time of the context, a name that of the named context; nobody knows the time of a folder or of an image.
    /// A stage's time was found out before (<see cref="EpochStage"/>). Source: BuildKit, docs/build-repro.md, since Dockerfile 1.24.
    /// </remarks>
    /// <exception cref="UsageException">It is no time, and no name that is known.</exception>
    public static BuildRequest WithNamedTime(BuildRequest request, string? text)
    {
        if (text is null || text != OfContext && IsTime(text))
            return request;
        if (text == OfContext)
            return WithTime(request, request.ContextTime);
        if (request.Contexts.TryGetValue(text, out var context))
            return WithTime(request, (context as FolderContext)?.Time?.Value);
        throw NoTime(text);
    }

    /// <summary>The request with a time that was found out; null where nobody knows it.</summary>
    public static BuildRequest WithTime(BuildRequest request, long? seconds)
    {
        long? time = seconds is { } known ? Possible(known) : null;
        var digits = time?.ToString(CultureInfo.InvariantCulture) ?? "";
        return request with { SourceDateEpoch = time, BuildArguments = request.BuildArguments.SetItem(Epoch, digits) };
    }

    /// <summary>An archive may claim any time; the nearest that a config can hold.</summary>
    internal static long Possible(long seconds) => Math.Clamp(seconds, 0, LastSecond);

    /// <summary>Seconds since 1970 that a config can hold; null for anything else.</summary>
    internal static long? TryReadSeconds(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= LastSecond ? seconds : null;

    /// <summary>
    /// Reads seconds since 1970; null for the empty text, and for what is found out later:
    /// <see cref="OfContext"/>, and names where they may be.
    /// </summary>
    /// <exception cref="UsageException">It is something else.</exception>
    public static long? ReadEpoch(string? text, bool mayBeName = false) => string.IsNullOrEmpty(text) || text == OfContext ? null
        : TryReadSeconds(text) is { } seconds ? seconds
        : mayBeName && !text.All(char.IsAsciiDigit) ? null : throw NoTime(text);

    private static UsageException NoTime(string text) => new(
        $"{Epoch} is '{text}'. Expected one of: seconds since 1970 (git log -1 --format=%ct); "
            + $"'{OfContext}', to use the time of the commit or archive; the name of a remote context or stage, to use its time.");

    private static void RequireKnownSyntax(string? syntax)
    {
        if (!string.IsNullOrEmpty(syntax) && !Frontend.IsKnown(syntax))
            throw new UsageException($"--build-arg BUILDKIT_SYNTAX={syntax}: this frontend is not supported. {Frontend.Hint}");
    }

    private static bool IsOn(BuildRequest request, string name) => request.BuildArguments.GetValueOrDefault(name) switch
    {
        null or "" or "0" or "f" or "F" or "false" or "False" or "FALSE" => false,
        "1" or "t" or "T" or "true" or "True" or "TRUE" => true,
        var other => throw new UsageException($"--build-arg {name}={other}: expected 1 or 0."),
    };

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9.-]{0,63}\z")]
    private static partial Regex HostName();
}
