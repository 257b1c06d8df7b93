using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Manifold.Dockerfile.Checks;

/// <summary>All build checks. The first table has BuildKit's, under its names and with its meaning; the second has ours, about several architectures.</summary>
/// <remarks>Each has a page <c>docs/rules/NAME.md</c>.</remarks>
public static class Rules
{
    public static readonly Rule
        StageNameCasing = Warning("StageNameCasing", "Stage names are in lower case."),
        FromAsCasing = Warning("FromAsCasing", "AS is written in the case of its FROM."),
        NoEmptyContinuation = Warning("NoEmptyContinuation", "No blank line stands within a continued instruction."),
        ConsistentInstructionCasing = Warning("ConsistentInstructionCasing", "All keywords of a file are in the same case."),
        DuplicateStageName = Warning("DuplicateStageName", "Each stage has a name of its own."),
        ReservedStageName = Warning("ReservedStageName", "No stage is called scratch or context."),
        JSONArgsRecommended = Warning("JSONArgsRecommended", "CMD and ENTRYPOINT are JSON arrays, so that signals reach the program."),
        MaintainerDeprecated = Warning("MaintainerDeprecated", "The author is a label, not MAINTAINER."),
        UndefinedArgInFrom = Warning("UndefinedArgInFrom", "FROM uses arguments that are declared before the first FROM."),
        WorkdirRelativePath = Warning("WorkdirRelativePath", "The first WORKDIR of a file's stages is absolute."),
        UndefinedVar = Warning("UndefinedVar", "Variables have a value where they are used."),
        MultipleInstructionsDisallowed = Warning("MultipleInstructionsDisallowed", "CMD, ENTRYPOINT and HEALTHCHECK stand once in a stage."),
        LegacyKeyValueFormat = Warning("LegacyKeyValueFormat", "ENV and LABEL are written key=value."),
        InvalidBaseImagePlatform = Warning("InvalidBaseImagePlatform", "A base image is for the platform that its stage is built for."),
        RedundantTargetPlatform = Warning("RedundantTargetPlatform", "FROM does not ask for the platform that it has anyway."),
        SecretsUsedInArgOrEnv = Warning("SecretsUsedInArgOrEnv", "Secrets are mounted, and not handed over by ARG or ENV."),
        InvalidDefaultArgInFrom = Warning("InvalidDefaultArgInFrom", "Every base has a name when no build argument is given."),
        FromPlatformFlagConstDisallowed = Warning("FromPlatformFlagConstDisallowed", "FROM --platform is not one platform for all."),
        CopyIgnoredFile = Warning("CopyIgnoredFile", "COPY and ADD do not ask for what .dockerignore leaves out."),
        ExposeProtoCasing = Warning("ExposeProtoCasing", "Protocols of EXPOSE are in lower case."),
        ExposeInvalidFormat = Warning("ExposeInvalidFormat", "EXPOSE names ports of the container, and no address or port of the host."),
        InvalidDefinitionDescription = Warning(
            "InvalidDefinitionDescription", "A comment above a stage or an argument begins with its name.") with
        {
            IsOnRequest = true,
        };

    public static readonly Rule
        PlatformArgDefault = Ours(
            "PlatformArgDefault", "The platform's arguments have no default, which would hide their real value.", Severity.Error),
        PlatformArgNotDeclared = Ours("PlatformArgNotDeclared", "RUN uses the platform's arguments only after ARG has declared them."),
        FinalStageOnBuildPlatform = Ours("FinalStageOnBuildPlatform", "The last stage stands on the target's platform."),
        HardcodedArch = Ours("HardcodedArch", "RUN, ADD, ENV and ARG do not name one architecture for all."),
        PlatformSpecificDigest = Ours("PlatformSpecificDigest", "A digest in FROM is that of an index, not of one platform."),
        ArchPrefixedRepository = Ours("ArchPrefixedRepository", "Bases come from repositories for all architectures."),
        UnameInCrossStage = Ours(
            "UnameInCrossStage", "A stage on the build machine's platform does not ask the machine for the architecture."),
        HostBinaryInContext = Ours("HostBinaryInContext", "Programs that are copied from the context are for the platform that gets them."),
        HostNodeModules = Ours("HostNodeModules", "node_modules are installed in the image, not copied from this machine."),
        GoBuildWithoutGoarch = Ours("GoBuildWithoutGoarch", "go build is told its target where it runs on the build machine's platform."),
        BaseMissingPlatform = Ours("BaseMissingPlatform", "A base image has the platforms that are built.", Severity.Error),
        TooManyLayers = Ours("TooManyLayers", "An image has no more layers than Docker's own image store takes."),
        UnknownRule = Ours("UnknownRule", "# check= names rules that exist.");

    public static readonly ImmutableArray<Rule> All =
    [
        StageNameCasing, FromAsCasing, NoEmptyContinuation, ConsistentInstructionCasing, DuplicateStageName, ReservedStageName, JSONArgsRecommended,
        MaintainerDeprecated, UndefinedArgInFrom, WorkdirRelativePath, UndefinedVar, MultipleInstructionsDisallowed, LegacyKeyValueFormat,
        InvalidBaseImagePlatform, RedundantTargetPlatform, SecretsUsedInArgOrEnv, InvalidDefaultArgInFrom, FromPlatformFlagConstDisallowed,
        CopyIgnoredFile, ExposeProtoCasing, ExposeInvalidFormat, InvalidDefinitionDescription,
        PlatformArgDefault, PlatformArgNotDeclared, FinalStageOnBuildPlatform, HardcodedArch, PlatformSpecificDigest, ArchPrefixedRepository,
        UnameInCrossStage, HostBinaryInContext, HostNodeModules, GoBuildWithoutGoarch, BaseMissingPlatform, TooManyLayers, UnknownRule,
    ];

    private static readonly FrozenDictionary<string, Rule> ByName = All.ToFrozenDictionary(rule => rule.Name, StringComparer.Ordinal);

    /// <summary>Null where there is none of that name.</summary>
    public static Rule? Find(string name) => ByName.GetValueOrDefault(name);

    private static Rule Warning(string name, string description) => new(name, Severity.Warning, description);

    private static Rule Ours(string name, string description, Severity severity = Severity.Warning) =>
        new(name, severity, description) { IsOurs = true };
}
