using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Manifold.Oci;
using Manifold.Planning.Advising;

namespace Manifold.Building.Recording;

/// <summary>How a build ended.</summary>
internal enum BuildOutcome
{
    [JsonStringEnumMemberName("succeeded")] Succeeded,

    /// <summary>Some components or optional platforms are missing.</summary>
    [JsonStringEnumMemberName("partly")] Partly,

    [JsonStringEnumMemberName("failed")] Failed,
    [JsonStringEnumMemberName("interrupted")] Interrupted,
}

/// <summary>Everything that is known of one build, for reports. Terminal, JSON, Markdown and HTML are renderings of it.</summary>
/// <remarks>
/// <code>
/// events, outcomes ─► BuildRecorder ─► BuildRecord ─► builds/ID.json
///                                          ├─► table       at the end of a build, manifold builds
///                                          ├─► Markdown    GITHUB_STEP_SUMMARY
///                                          ├─► HTML        one file
///                                          └─► comparison  with another build
/// </code>
/// Times of steps and transfers are seconds since <see cref="Begin"/>. Nothing in it is a secret: values are masked when they come in.
/// </remarks>
internal sealed record BuildRecord
{
    /// <summary>Raised when a member changes its meaning; new members do not raise it.</summary>
    public const int CurrentVersion = 1;

    public required int Version { get; init; }

    /// <summary>Begins with the time, so that names sort: <c>20260126-023821-4f1c</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The program and its version.</summary>
    public required string Tool { get; init; }

    /// <summary><c>build</c> or <c>bake</c>.</summary>
    public required string Command { get; init; }

    /// <summary>The Dockerfile or project file as the user named it; empty where it was never read.</summary>
    public required string File { get; init; }

    /// <summary>The project's name: that of its folder, or the one that its file gives. Null in records of earlier versions.</summary>
    public string? Project { get; init; }

    /// <summary>The machine that built.</summary>
    public required Platform Machine { get; init; }

    public required DateTimeOffset Begin { get; init; }
    public required DateTimeOffset End { get; init; }
    public required BuildOutcome Outcome { get; init; }

    /// <summary>Why it failed, as it was told.</summary>
    public string? Failure { get; init; }

    public ImmutableArray<RecordedComponent> Components { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>In the order in which they were planned.</summary>
    public ImmutableArray<RecordedStep> Steps { get; init => field = value.IsDefault ? [] : value; } = [];

    public ImmutableArray<RecordedPhase> Phases { get; init => field = value.IsDefault ? [] : value; } = [];
    public ImmutableArray<RecordedTransfer> Transfers { get; init => field = value.IsDefault ? [] : value; } = [];
    public ImmutableArray<RecordedBase> Bases { get; init => field = value.IsDefault ? [] : value; } = [];
    public ImmutableArray<RecordedWarning> Warnings { get; init => field = value.IsDefault ? [] : value; } = [];

    /// <summary>The advice that needs no registry.</summary>
    public ImmutableArray<BuildAdvice> Advice { get; init => field = value.IsDefault ? [] : value; } = [];

    [JsonIgnore] public TimeSpan Duration => End - Begin;

    /// <summary>The name for headings: the image's if there is one image, else the project's. Never a path such as <c>.</c>.</summary>
    [JsonIgnore] public string Title => Components is [var only] ? TitleOf(only) : ProjectName ?? Id;

    /// <summary>
    /// The commands of the project file that ran before a build.
    /// They are phases; the other phases are the program's own.
    /// </summary>
    [JsonIgnore] public IEnumerable<RecordedPhase> Hooks => Phases.Where(phase => phase.IsHook);

    /// <summary>The platforms of all components, in the order in which they are met.</summary>
    [JsonIgnore]
    public IEnumerable<Platform> Platforms =>
        Components.SelectMany(component => component.Platforms).Select(platform => platform.Platform).Distinct();

    /// <summary>Whether other machines were used.</summary>
    [JsonIgnore] public bool UsesNodes => Components.Any(image => image.UsesNodes);

    /// <summary>How long an image took: its hooks, and then its slowest platform.</summary>
    public double SecondsOf(RecordedComponent image) =>
        Hooks.Where(hook => hook.Component == image.Name).Sum(hook => hook.Elapsed)
            + image.Platforms.Select(platform => platform.Seconds).DefaultIfEmpty().Max();

    /// <summary>Whether a platform without an image failed itself. If not, another failure or an interruption stopped it.</summary>
    public bool HasFailed(RecordedComponent image, RecordedPlatform platform)
    {
        if (platform.Failure is not null || HasFailedStep(image, platform))
            return true;
        // The image failed as a whole, for example because it may not be published.
        var failure = image.Failure ?? (Components.Length == 1 && Outcome != BuildOutcome.Interrupted ? Failure : null);
        return failure is not null && !image.Platforms.Any(other => other.Failure is not null || HasFailedStep(image, other));
    }

    private bool HasFailedStep(RecordedComponent image, RecordedPlatform platform) =>
        Steps.Any(step => step.State == StepState.Failed && step.Component == image.Name && step.For.Contains(platform.Platform));

    private string? ProjectName => Project is { Length: > 0 } ? Project : FileName(Path.GetDirectoryName(File)) ?? FileName(File);

    private string TitleOf(RecordedComponent image) => image switch
    {
        { Tags.IsEmpty: false } => image.Tags[0],
        { Name.Length: > 0 } => image.Name,
        _ when image.Labels.GetValueOrDefault("org.opencontainers.image.title") is { Length: > 0 } title => title,
        _ => Project is { Length: > 0 } ? Project : image.Title,
    };

    /// <summary>The last part of a path; null if that says nothing.</summary>
    private static string? FileName(string? path) =>
        Path.GetFileName(path?.TrimEnd('/')) is { Length: > 0 } name and not ("." or ".." or "-") ? name : null;
}
