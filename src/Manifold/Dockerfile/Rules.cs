using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Manifold.Dockerfile;

/// <summary>
/// All build checks. The first table has BuildKit's, under its names and with its meaning;
/// the second has ours, about several architectures.
/// </summary>
/// <remarks>Each has a page <c>docs/rules/NAME.md</c>.</remarks>
internal static class Rules
{
    public static readonly Rule
        StageNameCasing = Warning("StageNameCasing", "Stage names should be lowercase."),
        FromAsCasing = Warning("FromAsCasing", "AS should use the same casing as FROM."),
        NoEmptyContinuation = Warning("NoEmptyContinuation", "A continued instruction should not contain blank lines."),
        ConsistentInstructionCasing = Warning("ConsistentInstructionCasing", "All instructions in a file should use the same casing."),
        DuplicateStageName = Warning("DuplicateStageName", "Stage names should be unique."),
        ReservedStageName = Warning("ReservedStageName", "scratch and context should not be used as stage names."),
        JSONArgsRecommended = Warning("JSONArgsRecommended", "CMD and ENTRYPOINT should be JSON arrays so that signals reach the program."),
        MaintainerDeprecated = Warning("MaintainerDeprecated", "The author should be a label. MAINTAINER is deprecated."),
        UndefinedArgInFrom = Warning("UndefinedArgInFrom", "FROM should use only arguments that are declared before the first FROM."),
        WorkdirRelativePath = Warning("WorkdirRelativePath", "The first WORKDIR should be an absolute path."),
        UndefinedVar = Warning("UndefinedVar", "Variables should be set before they are used."),
        MultipleInstructionsDisallowed = Warning("MultipleInstructionsDisallowed",
            "CMD, ENTRYPOINT and HEALTHCHECK should appear once per stage."),
        LegacyKeyValueFormat = Warning("LegacyKeyValueFormat", "ENV and LABEL should use the form key=value."),
        InvalidBaseImagePlatform = Warning("InvalidBaseImagePlatform",
            "The base image should match the platform that its stage is built for."),
        RedundantTargetPlatform = Warning("RedundantTargetPlatform", "FROM should not set the default platform explicitly."),
        SecretsUsedInArgOrEnv = Warning("SecretsUsedInArgOrEnv", "Secrets should be mounted, not passed in ARG or ENV."),
        InvalidDefaultArgInFrom = Warning("InvalidDefaultArgInFrom", "Base image names should be valid without build arguments."),
        FromPlatformFlagConstDisallowed = Warning("FromPlatformFlagConstDisallowed", "FROM --platform should not be a constant."),
        CopyIgnoredFile = Warning("CopyIgnoredFile", "COPY and ADD should not name files that .dockerignore excludes."),
        ExposeProtoCasing = Warning("ExposeProtoCasing", "Protocols in EXPOSE should be lowercase."),
        ExposeInvalidFormat = Warning("ExposeInvalidFormat", "EXPOSE should name container ports, without a host address or host port."),
        InvalidDefinitionDescription = Warning(
            "InvalidDefinitionDescription", "A comment above a stage or an argument should begin with its name.") with
        {
            IsOnRequest = true,
        };

    public static readonly Rule
        PlatformArgDefault = Ours(
            "PlatformArgDefault", "Platform arguments should not have a default, because it hides their real value.", Severity.Error),
        PlatformArgNotDeclared = Ours("PlatformArgNotDeclared", "RUN should use platform arguments only after ARG declares them."),
        FinalStageOnBuildPlatform = Ours("FinalStageOnBuildPlatform", "The last stage should use the target platform."),
        HardcodedArch = Ours("HardcodedArch", "RUN, ADD, ENV and ARG should not hard-code an architecture."),
        PlatformSpecificDigest = Ours("PlatformSpecificDigest", "A digest in FROM should name an index, not the image of one platform."),
        ArchPrefixedRepository = Ours("ArchPrefixedRepository", "Base images should come from multi-architecture repositories."),
        UnameInCrossStage = Ours(
            "UnameInCrossStage", "A stage on the build platform should not detect the architecture of the machine."),
        HostBinaryInContext = Ours("HostBinaryInContext", "Programs that are copied from the context should match the target platform."),
        HostNodeModules = Ours("HostNodeModules", "node_modules should be installed in the image, not copied from this machine."),
        GoBuildWithoutGoarch = Ours("GoBuildWithoutGoarch", "go build on the build platform should set GOARCH."),
        BaseMissingPlatform = Ours("BaseMissingPlatform", "The base image should support every platform of the build.", Severity.Error),
        TooManyLayers = Ours("TooManyLayers", "An image should not have more layers than Docker's own image store supports."),
        UnknownRule = Ours("UnknownRule", "# check= should name only rules that exist.");

    public static readonly ImmutableArray<Rule> All =
    [
        StageNameCasing,
        FromAsCasing,
        NoEmptyContinuation,
        ConsistentInstructionCasing,
        DuplicateStageName,
        ReservedStageName,
        JSONArgsRecommended,
        MaintainerDeprecated, UndefinedArgInFrom, WorkdirRelativePath, UndefinedVar, MultipleInstructionsDisallowed, LegacyKeyValueFormat,
        InvalidBaseImagePlatform, RedundantTargetPlatform, SecretsUsedInArgOrEnv, InvalidDefaultArgInFrom, FromPlatformFlagConstDisallowed,
        CopyIgnoredFile, ExposeProtoCasing, ExposeInvalidFormat, InvalidDefinitionDescription,
        PlatformArgDefault,
        PlatformArgNotDeclared,
        FinalStageOnBuildPlatform,
        HardcodedArch,
        PlatformSpecificDigest,
        ArchPrefixedRepository,
        UnameInCrossStage, HostBinaryInContext, HostNodeModules, GoBuildWithoutGoarch, BaseMissingPlatform, TooManyLayers, UnknownRule,
    ];

    private static readonly FrozenDictionary<string, Rule> ByName = All.ToFrozenDictionary(rule => rule.Name, StringComparer.Ordinal);

    /// <summary>Null where there is none of that name.</summary>
    public static Rule? Find(string name) => ByName.GetValueOrDefault(name);

    private static Rule Warning(string name, string description) => new(name, Severity.Warning, description);

    private static Rule Ours(string name, string description, Severity severity = Severity.Warning) =>
        new(name, severity, description) { IsOurs = true };
}
