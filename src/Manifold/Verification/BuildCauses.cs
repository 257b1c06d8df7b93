using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Dockerfile;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Verification.Findings;

namespace Manifold.Verification;

/// <summary>Why a build's file is probably for the wrong machine, from the steps that made it.</summary>
/// <remarks>
/// The file's layer has a step; the rules below are tried in order, and the first that fits is the likely cause:
/// <code>
/// the last stage stands on another platform's base         FinalStagePlatform
/// the file is the base's own                               BasePlatform
/// a TARGET argument has another value than the platform's  TargetOverridden
/// a RUN sets the other machine for a compiler              HardCoded
/// an ARG or ENV above it fixes the other machine           FixedVariable
/// the instruction or a RUN before names the other machine  HardCoded
/// copied from the context                                  ContextFile
/// copied from a stage of another platform                  TargetNotDeclared
/// </code>
/// </remarks>
internal sealed partial class BuildCauses(ImagePlan plan, ImmutableArray<Step> steps)
{
    private readonly BaseStep ground = (BaseStep)plan.Last.Lineage.First();

    /// <param name="traced">Its layer's index is that of <c>steps</c>.</param>
    public Cause? Of(TracedFinding traced)
    {
        var found = traced.Finding.Found;
        var isOfMachine = traced.Finding.Id is FindingId.WrongMachine or FindingId.WrongAbi
            or FindingId.WrongVariant or FindingId.ForeignFile
            or FindingId.CompatibleMachine or FindingId.PlatformMismatch;
        if (ground.Platform != plan.Platform && (isOfMachine || traced.Finding.Id is FindingId.MissingLoader or FindingId.MissingLibrary))
            return FinalStage();
        if (!isOfMachine)
            return null;
        if (traced.Layer is not { } layer)
            return ground.Image is { } image ? Mislabelled(image, found) : null;
        return steps[layer] switch
        {
            BaseStep { Image: { } image } => Mislabelled(image, found),
            CopyStep { From: null } copy => FromContext(copy, found),
            CopyStep { From: { } source } copy => NamedIn(copy, copy.Sources, found) ?? FromStage(source, found),
            RunStep run => Overridden(run) ?? FixedMachines.Of([run], found),
            _ => null,
        };
    }

    private Cause FinalStage() => new(CauseId.FinalStagePlatform,
        $"FROM in the last stage ({At(ground.Place)}) uses {ground.Platform} for every target platform",
        "remove --platform from the last FROM; stages that only compile can keep --platform=$BUILDPLATFORM");

    private static Cause Mislabelled(BaseImage image, string? found) => new(CauseId.BasePlatform,
        $"the base image {image.Reference} contains it in its image for {image.Platform}" + (found is null ? "" : $" (found: {found})"),
        $"choose another base image; to check this one, run: manifold verify {image.FoundAs}");

    private Cause FromContext(CopyStep copy, string? found)
    {
        var named = FixedMachines.Of(copy, found)
            ?? NamedIn(copy, copy.Sources.AddRange(copy.Remotes.Select(remote => remote.Name)), found);
        if (named is not null && MentionsTarget(copy.Name))
            return Override($"{string.Join(' ', copy.Sources)} is copied at {At(copy.Place)}");
        return named ?? new Cause(CauseId.ContextFile,
            $"{string.Join(' ', copy.Sources)} comes from the build context ({At(copy.Place)}), so every platform gets the same file",
            "build it in a stage of the Dockerfile, or keep one file per platform and copy the right one: ARG TARGETARCH, then COPY "
                + "bin/${TARGETARCH}/app /app");
    }

    private Cause? FromStage(Step source, string? found)
    {
        var runs = source.Lineage.OfType<RunStep>().ToList();
        if (runs.Select(Overridden).FirstOrDefault(cause => cause is not null) is { } overridden)
            return overridden;
        if (FixedMachines.Of(runs, found) is { } named)
            return named;
        if (source is BaseStep { Image: { } image })
            return Mislabelled(image, found);
        if (runs.Count == 0 && source.Lineage.OfType<CopyStep>().LastOrDefault(copy => copy.From is null) is { } context)
            return FromContext(context, found);
        return source.Platform == plan.Platform ? null : NotDeclared(source, runs);
    }

    private static Cause NotDeclared(Step source, List<RunStep> runs)
    {
        var declared = runs.Any(run => run.Environment.Any(IsOfPlatform));
        var asks = runs.FirstOrDefault(run => MentionsTarget(run.Name));
        var stage = $"{StageOf(source)}, which makes it, runs on {source.Platform}";
        var text = declared ? $"{stage} and declares TARGETARCH, but its commands do not build for that architecture"
            : asks is not null ? $"{stage} and uses TARGETARCH ({At(asks.Place)}) without declaring it, so the variable is empty"
            : $"{stage} and does not declare TARGETARCH, so it does not know the target";
        return new Cause(CauseId.TargetNotDeclared, text, declared
            ? "pass it to the compiler (Go: GOARCH=$TARGETARCH go build; Rust, C: a cross-compiler for the target), or remove --platform "
                + "from that FROM"
            : "add ARG TARGETARCH to that stage and pass it to the compiler (Go: GOARCH=$TARGETARCH go build), or remove --platform from "
                + "that FROM");
    }

    // A FROM that two stages have alike is one step, and its line that of one of them; the name is the stage's own.
    private static string StageOf(Step last) =>
        last.Name.Split(' ') is [['[', .. var name], _, ..] && !name.Contains('/', StringComparison.Ordinal)
            ? $"the stage '{name}'"
            : "the stage";

    /// <summary>A TARGET argument that has another value than the platform that is built.</summary>
    private Cause? Overridden(RunStep run)
    {
        var architecture = run.Environment
            .LastOrDefault(variable => variable.StartsWith("TARGETARCH=", StringComparison.Ordinal))?["TARGETARCH=".Length..];
        var platform = run.Environment
            .LastOrDefault(variable => variable.StartsWith("TARGETPLATFORM=", StringComparison.Ordinal))?["TARGETPLATFORM=".Length..];
        return architecture is not null && architecture != plan.Platform.Architecture
            ? Override($"TARGETARCH is '{architecture}' at {At(run.Place)}")
            : platform is not null && Platform.TryParse(platform, out var parsed) && parsed != plan.Platform
            ? Override($"TARGETPLATFORM is '{platform}' at {At(run.Place)}")
            : null;
    }

    private Cause Override(string what) => new(CauseId.TargetOverridden,
        $"{what} in the build for {plan.Platform}: the default of an ARG, or --build-arg, overrides the real value",
        "write ARG TARGETARCH without a default in the stage that uses it, and remove any ARG TARGETARCH before the first FROM");

    /// <summary>The instruction names the machine that was found.</summary>
    private static Cause? NamedIn(Step step, IEnumerable<string> texts, string? found) =>
        FixedMachines.NamesOf(found) is { } names && texts.Select(text => names.Match(text.ToLowerInvariant()))
            .FirstOrDefault(match => match.Success) is { } match ? FixedMachines.Named(step, match.Value) : null;

    private static bool IsOfPlatform(string variable) => FixedMachines.IsOfPlatform(variable);

    private static bool MentionsTarget(string text) => Target().IsMatch(text);

    internal static string At(Place place) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{place.File}:{place.Line}");

    [GeneratedRegex(@"TARGET(?:ARCH|PLATFORM|UNAME|DEBARCH|RPMARCH|TRIPLE|RID|NODEARCH)")]
    private static partial Regex Target();
}
