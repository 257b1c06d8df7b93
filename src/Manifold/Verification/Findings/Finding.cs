using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Verification.Findings;

/// <summary>What a finding means for publication.</summary>
public enum FindingSeverity
{
    /// <summary>Worth knowing; never refused.</summary>
    Note,

    /// <summary>Refused where the policy is strict.</summary>
    Warning,

    /// <summary>The image does not start: refused.</summary>
    Error,
}

/// <summary>The ids of findings. They are part of what programs read, and do not change.</summary>
public static class FindingId
{
    /// <summary>A program, loader, interpreter or library on the way of the start is for another machine.</summary>
    public const string WrongMachine = "WrongMachine";

    /// <summary>The right processor, and a calling convention that the platform does not have.</summary>
    public const string WrongAbi = "WrongAbi";

    /// <summary>
    /// The platform's processor, in a version that the platform does not promise:
    /// code for x86-64-v3 under amd64, for Arm v7 under arm/v6.
    /// </summary>
    public const string WrongVariant = "WrongVariant";

    /// <summary>A program of the platform's 32-bit kin starts the image: some machines run it.</summary>
    public const string CompatibleMachine = "CompatibleMachine";

    /// <summary>The loader that a program asks for (<c>PT_INTERP</c>) is not in the image.</summary>
    public const string MissingLoader = "MissingLoader";

    /// <summary>The interpreter of a script's <c>#!</c> line is not in the image.</summary>
    public const string MissingInterpreter = "MissingInterpreter";

    /// <summary>A library that a program needs is not where the loader looks.</summary>
    public const string MissingLibrary = "MissingLibrary";

    /// <summary>The program that the image starts with is not in it.</summary>
    public const string MissingEntrypoint = "MissingEntrypoint";

    /// <summary>The program that the image starts with may not be executed: its mode, or it is a folder.</summary>
    public const string NotExecutable = "NotExecutable";

    /// <summary>What the image starts with is neither a program nor a script with a <c>#!</c> line.</summary>
    public const string NotAProgram = "NotAProgram";

    /// <summary>Nothing says what the image starts with.</summary>
    public const string NoEntrypoint = "NoEntrypoint";

    /// <summary>What the image starts with is only decided when it runs.</summary>
    public const string UncertainEntrypoint = "UncertainEntrypoint";

    /// <summary>A file off the way of the start is for another machine.</summary>
    public const string ForeignFile = "ForeignFile";

    /// <summary>The index entry and the config do not say the same platform.</summary>
    public const string PlatformMismatch = "PlatformMismatch";

    /// <summary>A layer's content is not what the config says.</summary>
    public const string LayerMismatch = "LayerMismatch";

    /// <summary>The registry does not have a manifest or a blob that the image needs.</summary>
    public const string MissingContent = "MissingContent";

    /// <summary>More layers than Docker's own image store takes: it does not pull or load the image.</summary>
    public const string TooManyLayers = "TooManyLayers";

    /// <summary>The image was started, and failed or did not end in time.</summary>
    public const string RunFailed = "RunFailed";

    /// <summary>The image should be started, and this machine has no way to.</summary>
    public const string NotRun = "NotRun";

    /// <summary>The gate does not know the platform's programs, and looked at nothing.</summary>
    public const string UnknownPlatform = "UnknownPlatform";
}

/// <summary>One thing that is wrong with an image, or worth knowing, as data.</summary>
public sealed record Finding
{
    public required string Id { get; init; }
    public required FindingSeverity Severity { get; init; }

    /// <summary>One sentence without its full stop.</summary>
    public required string Message { get; init; }

    public Platform? Platform { get; init; }

    /// <summary>The file, absolute, links resolved.</summary>
    public string? Path { get; init; }

    /// <summary>How many more files of the same layer have the same fault.</summary>
    public int Others { get; init; }

    /// <summary>The layer that the file comes from.</summary>
    internal LayerPlace? Layer { get; init; }

    /// <summary>How the start comes to the file: what each step names the next by.</summary>
    public ImmutableArray<string> Way { get; init; } = [];

    /// <summary>The file's machine, and the one that the platform has.</summary>
    public string? Found { get; init; }
    public string? Wanted { get; init; }

    /// <summary>Why it is probably so, and what to do.</summary>
    public Cause? Cause { get; init; }
}

/// <summary>A layer for people: its number from 1, its blob, and what made it.</summary>
/// <param name="Instruction">From the Dockerfile or the image's history.</param>
/// <param name="Line">Where the instruction stands, e.g. <c>Dockerfile:7</c>; null where this build did not make the layer.</param>
internal sealed record LayerPlace(int Number, int Count, Digest Digest, string? Instruction, string? Line);

/// <summary>The likely cause of a finding.</summary>
/// <param name="Id">One of <see cref="CauseId"/>.</param>
/// <param name="Text">What probably happened.</param>
/// <param name="Advice">What to do.</param>
public sealed record Cause(string Id, string Text, string Advice);

/// <summary>The ids of causes.</summary>
public static class CauseId
{
    /// <summary>The image's last stage is FROM --platform=$BUILDPLATFORM, or of another fixed platform.</summary>
    public const string FinalStagePlatform = "FinalStagePlatform";

    /// <summary>A stage on BUILDPLATFORM makes the file and never learns what to make it for.</summary>
    public const string TargetNotDeclared = "TargetNotDeclared";

    /// <summary>TARGETARCH has another value than the platform's: a default, or --build-arg.</summary>
    public const string TargetOverridden = "TargetOverridden";

    /// <summary>The instruction names another processor: GOARCH=amd64, a download for x86_64, a folder of one platform.</summary>
    public const string HardCoded = "HardCoded";

    /// <summary>An ARG or ENV fixes the processor for all platforms: ARG GOARCH=arm64.</summary>
    public const string FixedVariable = "FixedVariable";

    /// <summary>The same file of the context goes into every platform's image.</summary>
    public const string ContextFile = "ContextFile";

    /// <summary>The base image is of another platform than it is used for.</summary>
    public const string BasePlatform = "BasePlatform";

    /// <summary>The registry had the content, and a clean-up or a garbage collection took it.</summary>
    public const string LostByRegistry = "LostByRegistry";

    /// <summary>Images of several platforms share the layer.</summary>
    public const string SharedLayer = "SharedLayer";

    /// <summary>Built on one C library, run on another.</summary>
    public const string OtherLibc = "OtherLibc";

    /// <summary>A dynamic program in an image that has no libraries.</summary>
    public const string NotStatic = "NotStatic";

    /// <summary>A line of the script ends as on Windows.</summary>
    public const string LineEndings = "LineEndings";

    /// <summary>Built on macOS or Windows.</summary>
    public const string HostSystem = "HostSystem";

    /// <summary>The index was put together with a wrong platform.</summary>
    public const string IndexEntry = "IndexEntry";
}
