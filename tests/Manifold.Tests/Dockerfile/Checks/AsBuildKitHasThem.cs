using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Parsing;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Planning.Checks;

namespace Manifold.Tests.Dockerfile.Checks;

/// <summary>
/// Which file gives which finding on which line, as BuildKit's own tests expect it of its checks
/// (frontend/dockerfile/dockerfile_check_test.go, all stages).
/// </summary>
/// <remarks>One departure: a blank line within an instruction is named itself, not the line after it.</remarks>
public sealed class AsBuildKitHasThem
{
    /// <summary>A file, and <c>LINE RULE</c> of each finding.</summary>
    public static TheoryData<string, string[]> Table => new()
    {
        { "#check=skip=all\nFROM scratch as base\ncopy Dockerfile .\n", [] },
        {
            "# check=skip=all;experimental=InvalidDefinitionDescription\n# foo this is the foo\nARG foo=bar\n\n"
                + "# base this is the base image\nFROM scratch AS base\n\n# version this is the version number\nARG version=latest\n\n"
                + "# baz this is the baz\nARG foo=baz bar=qux baz=quux\n#\nARG bit=bat\n\n"
                + "# comment for something other than ARG or FROM\nCOPY Dockerfile .\n", []
        },
        {
            "# check=experimental=InvalidDefinitionDescription\n# bar this is the bar\nARG foo=bar\n"
                + "# BasE this is the BasE image\nFROM scratch AS base\n# definitely a bad comment\n"
                + "ARG version=latest\n# definitely a bad comment\nARG foo=baz bar=qux baz=quux\n",
            ["3 InvalidDefinitionDescription",
                "5 InvalidDefinitionDescription", "7 InvalidDefinitionDescription", "9 InvalidDefinitionDescription"]
        },
        { "# definitely a bad comment\nFROM scratch AS base\n", [] },
        { "# check=experimental=all\n# bad\nFROM scratch AS base\n", ["3 InvalidDefinitionDescription"] },
        { "# check=skip=all;experimental=all\n# bad\nFROM scratch AS base\n", ["3 InvalidDefinitionDescription"] },
        { "#check=skip=all;error=true\nFROM scratch as base\ncopy Dockerfile .\n", [] },
        { "#check=skip=ConsistentInstructionCasing,FromAsCasing\nFROM scratch as base\ncopy Dockerfile .\n", [] },
        { "#check=skip=ConsistentInstructionCasing\nFROM scratch as base\ncopy Dockerfile .\n", ["2 FromAsCasing"] },
        { "\n# a\n#\nFROM scratch AS BadStageName\n\n#\nFROM scratch as base2\n\nFROM scratch AS base3\n",
            ["4 StageNameCasing", "7 FromAsCasing"] },
        { "\n#\n#\nfrom scratch AS base\n\nfrom scratch as base2\n", ["4 FromAsCasing"] },
        { "\nFROM scratch\n#\nCOPY Dockerfile \\\n\n.\nCOPY Dockerfile \\\n.\n", ["5 NoEmptyContinuation"] },
        { "\n#\n#\nFrom scratch as base\nFROM scratch AS base2\n", ["4 ConsistentInstructionCasing"] },
        { "\nFROM scratch\n#\ncopy Dockerfile /foo\nCOPY Dockerfile /bar\n", ["4 ConsistentInstructionCasing"] },
        { "\n#\n#\nfrOM scratch as base\nfrom scratch as base2\n", ["4 ConsistentInstructionCasing"] },
        { "\nfrom scratch\n#\nCOPY Dockerfile /foo\ncopy Dockerfile /bar\n", ["4 ConsistentInstructionCasing"] },
        { "\n#\n#\nfrom scratch\nCOPY Dockerfile /foo\nCOPY Dockerfile /bar\nCOPY Dockerfile /baz\n", ["4 ConsistentInstructionCasing"] },
        { "\n#\n#\nFROM scratch\ncopy Dockerfile /foo\ncopy Dockerfile /bar\ncopy Dockerfile /baz\n", ["4 ConsistentInstructionCasing"] },
        { "\nfrom scratch\ncopy Dockerfile /foo\ncopy Dockerfile /bar\n", [] },
        { "\nFROM scratch\nCOPY Dockerfile /foo\nCOPY Dockerfile /bar\n", [] },
        { "\nFROM alpine\nRUN <<'EOT'\nenv\nEOT\n", [] },
        { "\nFROM scratch AS b\nFROM scratch AS b\n", ["3 DuplicateStageName"] },
        { "\nFROM scratch AS b1\nFROM scratch AS b2\n", [] },
        { "\nFROM scratch AS scratch\nFROM scratch AS context\n", ["2 ReservedStageName", "3 ReservedStageName"] },
        { "\nFROM scratch\nFROM scratch AS a\n", [] },
        { "\nFROM scratch\nCMD mycommand\n", ["3 JSONArgsRecommended"] },
        { "\nFROM scratch\nENTRYPOINT mycommand\n", ["3 JSONArgsRecommended"] },
        { "\nFROM scratch\nSHELL [\"/usr/bin/customshell\"]\nCMD mycommand\n", [] },
        { "\nFROM scratch\nSHELL [\"/usr/bin/customshell\"]\nENTRYPOINT mycommand\n", [] },
        { "\nFROM scratch AS base\nSHELL [\"/usr/bin/customshell\"]\n\nFROM base\nCMD mycommand\n", [] },
        { "\nFROM scratch AS base\nSHELL [\"/usr/bin/customshell\"]\n\nFROM base\nENTRYPOINT mycommand\n", [] },
        { "\nFROM scratch\nMAINTAINER me@example.org\n", ["3 MaintainerDeprecated"] },
        { "\nFROM scratch\nLABEL org.opencontainers.image.authors=\"me@example.org\"\n", [] },
        { "\nFROM scratch AS BadStageName\nMAINTAINER me@example.org\nBADCMD\n",
            ["2 StageNameCasing", "3 MaintainerDeprecated", "4 Syntax"] },
        { "\nARG base=scratch\nFROM $base\nCOPY Dockerfile .\n", [] },
        { "\nFROM --platform=$BUILDPLATFORM scratch AS a\nCOPY Dockerfile .\nFROM scratch\n", [] },
        { "\nARG DEBUG\nFROM scratch${DEBUG}\nCOPY Dockerfile .\n", [] },
        { "\nARG DEBUG\nFROM scra${DEBUG:-tch}\nCOPY Dockerfile .\n", [] },
        { "\nARG DEBUG=\"\"\nFROM scratch${DEBUG-@bogus}\nCOPY Dockerfile .\n", [] },
        { "\nFROM --platform=$BULIDPLATFORM scratch\nCOPY Dockerfile .\n", ["2 UndefinedArgInFrom"] },
        { "\nARG MY_OS=linux\nARG MY_ARCH=amd64\nFROM --platform=linux/${MYARCH} busybox\nCOPY Dockerfile .\n", ["4 UndefinedArgInFrom"] },
        { "\nARG tag=latest\nFROM busybox:${tag}${version} AS b\nCOPY Dockerfile .\n", ["3 UndefinedArgInFrom"] },
        { "\nFROM scratch\nWORKDIR app/\n", ["3 WorkdirRelativePath"] },
        { "\nFROM scratch AS a\nWORKDIR /app\n\nFROM a AS b\nWORKDIR subdir/\n", [] },
        { "\nFROM scratch\nARG foo\nCOPY Dockerfile${foo} .\n", [] },
        { "\nFROM alpine AS base\nARG foo=Dockerfile\n\nFROM base\nCOPY $foo .\n", [] },
        { "\nFROM alpine\nRUN echo $PATH\n", [] },
        { "\nFROM alpine\nCOPY $foo .\nARG foo=bar\nRUN echo $foo\n", ["3 UndefinedVar"] },
        { "\nFROM alpine\nARG DIR_BINARIES=binaries/\nARG DIR_ASSETS=assets/\nARG DIR_CONFIG=config/\nCOPY $DIR_ASSET .\n",
            ["6 UndefinedVar"] },
        { "\nFROM alpine\nENV PATH=$PAHT:/tmp/bin\n", ["3 UndefinedVar"] },
        { "\nFROM scratch AS first\nCOPY $foo .\n\nFROM scratch AS second\nCOPY $bar .\n", ["3 UndefinedVar", "6 UndefinedVar"] },
        {
            "\nFROM scratch\nENTRYPOINT [\"/myapp\"]\nENTRYPOINT [\"/myotherapp\"]\nCMD [\"/myapp\"]\n"
                + "CMD [\"/myotherapp\"]\nHEALTHCHECK CMD [\"/myapp\"]\nHEALTHCHECK CMD [\"/myotherapp\"]\n",
            ["3 MultipleInstructionsDisallowed", "5 MultipleInstructionsDisallowed", "7 MultipleInstructionsDisallowed"]
        },
        {
            "\nFROM scratch\nENTRYPOINT [\"/myapp\"]\nCMD [\"/myapp\"]\nHEALTHCHECK CMD [\"/myapp\"]\nCOPY <<EOF /a.txt\n"
                + "Hello, World!\nEOF\nENTRYPOINT [\"/myotherapp\"]\nCMD [\"/myotherapp\"]\nHEALTHCHECK CMD [\"/myotherapp\"]\n",
            ["3 MultipleInstructionsDisallowed", "4 MultipleInstructionsDisallowed", "5 MultipleInstructionsDisallowed"]
        },
        {
            "\nFROM scratch AS a\nENTRYPOINT [\"/myapp\"]\nCMD [\"/myapp\"]\nHEALTHCHECK CMD [\"/myapp\"]\n\n"
                + "FROM a AS b\nENTRYPOINT [\"/myotherapp\"]\nCMD [\"/myotherapp\"]\nHEALTHCHECK CMD [\"/myotherapp\"]\n", []
        },
        { "\nFROM scratch\nENV testkey value\nLABEL key value\n", ["3 LegacyKeyValueFormat", "4 LegacyKeyValueFormat"] },
        { "\nFROM scratch\nENV testkey=value\nLABEL key=value\n", [] },
        { "\nFROM scratch\n# check=skip=LegacyKeyValueFormat\nENV testkey value\n# check=skip=LegacyKeyValueFormat\nLABEL key value\n",
            [] },
        { "\nFROM --platform=$TARGETPLATFORM scratch\n", ["2 RedundantTargetPlatform"] },
        { "\nFROM --platform=${TARGETPLATFORM} scratch\n", ["2 RedundantTargetPlatform"] },
        { "\n# check=skip=RedundantTargetPlatform\nFROM --platform=$TARGETPLATFORM scratch\n", [] },
        {
            "# check=skip=InvalidDefinitionDescription\n\nFROM scratch\nARG SECRET_PASSPHRASE\nENV SUPER_Secret=foo\n"
            + "ENV password=bar secret=baz\nARG super_duper_secret_token=foo auth=bar\nENV apikey=bar sunflower=foo\n"
            + "ENV git_key=\nENV PUBLIC_KEY=\nARG public_token\nARG SECRET_PASSPHRASE_FILE\nENV password_file=bar secret_File=baz\n"
            + "ARG AUTH_MODULE_VERSION\n# check=skip=SecretsUsedInArgOrEnv // allow secret in environment\n"
            + "ENV password=bar\n# check=skip=SecretsUsedInArgOrEnv // allow secret in arg\n"
            + "ARG password\n# check=skip=all // is local to only this instruction\nENV alternate_password=bar\n"
            + "# check=skip=all // is local to only this instruction\nARG alternate_password\n",
            [
                "4 SecretsUsedInArgOrEnv", "5 SecretsUsedInArgOrEnv", "6 SecretsUsedInArgOrEnv",
                "6 SecretsUsedInArgOrEnv", "7 SecretsUsedInArgOrEnv", "7 SecretsUsedInArgOrEnv", "8 SecretsUsedInArgOrEnv",
                "9 SecretsUsedInArgOrEnv",
            ]
        },
        { "\nARG VERSION\nFROM busybox:$VERSION\n", ["3 InvalidDefaultArgInFrom"] },
        { "\nARG IMAGE\nFROM $IMAGE\n", ["3 InvalidDefaultArgInFrom"] },
        { "\nARG SFX=\"box:\"\nFROM busy${SFX}\n", ["3 InvalidDefaultArgInFrom"] },
        { "\nARG VERSION=\"latest\"\nFROM busybox:${VERSION}\n", [] },
        { "\nARG BUSYBOX_VARIANT=\"\"\nFROM busybox:stable${BUSYBOX_VARIANT}\n", [] },
        { "\n\tARG BUSYBOX_VARIANT\n\tFROM busybox:stable${BUSYBOX_VARIANT}\n\t", [] },
        { "\nFROM --platform=linux/amd64 scratch\n", ["2 FromPlatformFlagConstDisallowed"] },
        { "\nFROM --platform=linux/amd64 scratch AS my_amd64_stage\n", [] },
        { "\nFROM --platform=linux/amd64 scratch AS linux\n", [] },
        { "\nFROM scratch\nEXPOSE 80/TcP 8080/TCP 8080/udp\n", ["3 ExposeProtoCasing", "3 ExposeProtoCasing"] },
        { "\nFROM scratch\nEXPOSE 127.0.0.1:80:80 [::1]:8080:8080 5000:5000 8000\n",
            ["3 ExposeInvalidFormat", "3 ExposeInvalidFormat", "3 ExposeInvalidFormat"] },
    };

    /// <summary>BuildKit's own test of its experimental rule (testDefinitionDescription), and the examples of its page.</summary>
    [Theory]
    [InlineData(
        "# check=skip=all;experimental=InvalidDefinitionDescription\n# foo this is the foo\n"
            + "ARG foo=bar\n\n# base this is the base image\nFROM scratch AS base\n\n# version this is the version number\n"
            + "ARG version=latest\n\n# baz this is the baz\nARG foo=baz bar=qux baz=quux\n"
            + "#\nARG bit=bat\n\n# comment for something other than ARG or FROM\nCOPY Dockerfile .\n", "")]
    [InlineData(
        "# check=experimental=InvalidDefinitionDescription\n# bar this is the bar\nARG foo=bar\n"
            + "# BasE this is the BasE image\nFROM scratch AS base\n# definitely a bad comment\n"
            + "ARG version=latest\n# definitely a bad comment\nARG foo=baz bar=qux baz=quux\n", "3 5 7 9")]
    [InlineData(
        "# check=experimental=all\n# a non-descriptive comment\nFROM scratch AS base\n\n# another non-descriptive comment\nARG VERSION=1\n",
        "3 6")]
    [InlineData(
        "# check=experimental=all\n# a non-descriptive comment\n\nFROM scratch AS base\n\n"
            + "# another non-descriptive comment\n\nARG VERSION=1\n", "")]
    [InlineData("# check=experimental=InvalidDefinitionDescription;skip=InvalidDefinitionDescription\n# no\nFROM scratch AS base\n", "3")]
    [InlineData("# check=experimental=all\nFROM scratch\nARG a\nARG b\n", "")]
    [InlineData("# a bad comment\nFROM scratch AS base\n", "")]
    public void a_comment_above_a_stage_or_an_argument_is_its_description_where_that_is_asked_for(string text, string lines)
    {
        var found = DockerfileParser.Parse("Dockerfile", text).Diagnostics;
        Assert.All(found, each => Assert.Equal("InvalidDefinitionDescription", each.Id));
        Assert.Equal(lines, string.Join(' ', found.Select(each => each.Place.Line)));
    }

    /// <summary>A file that passes BuildKit's checks with error=true passes here, too.</summary>
    [Theory]
    [InlineData("error=true", "StageNameCasing")]
    [InlineData("error=1", "StageNameCasing")]
    [InlineData("error=HardcodedArch", "HardcodedArch")]
    [InlineData("error=true,HardcodedArch", "StageNameCasing HardcodedArch")]
    [InlineData("error=all", "StageNameCasing HardcodedArch")]
    [InlineData("error=true;skip=StageNameCasing", "")]
    [InlineData("error=true;skip=NoSuchRule", "StageNameCasing")]
    [InlineData("error=HardcodedArch;skip=HardcodedArch", "")]
    [InlineData("error=false", "")]
    public void error_true_is_about_the_rules_that_BuildKit_has(string check, string errors)
    {
        const string text = "FROM scratch AS Base\nADD https://e.com/tool-amd64 /\n";
        foreach (var parsed in new[] { DockerfileParser.Parse("Dockerfile", $"# check={check}\n{text}"),
            DockerfileParser.Parse("Dockerfile", text, CheckOptions.Parse(check)) })
            Assert.Equal(errors,
                string.Join(' ', parsed.Diagnostics.Where(each => each.Severity == Severity.Error).Select(each => each.Id)));
    }

    [Theory]
    [InlineData("error=HardcodedArc", "Did you mean HardcodedArch?", false)]
    [InlineData("error=maybe", null, false)]
    [InlineData("experimental=InvalidDefinitionDescriptions", "Did you mean InvalidDefinitionDescription?", true)]
    public void a_rule_that_is_not_there_is_told(string check, string? hint, bool isWarning)
    {
        var problem = Assert.Single(CheckOptions.Parse(check).Problems);
        Assert.Equal((hint ?? problem.Hint, isWarning), (problem.Hint, problem.IsWarning));
    }

    [Theory, MemberData(nameof(Table))]
    public void a_file_has_those_findings(string text, string[] expected) => Assert.Equal(expected, Found(text));

    /// <summary>An ignore file, a file, and the lines of the sources that are ignored.</summary>
    public static TheoryData<string, string, int[]> Ignored => new()
    {
        { "Dockerfile\n", "FROM scratch\nCOPY Dockerfile .\nADD Dockerfile /windy\n", [2, 3] },
        { "Dockerfile\n", "# check=skip=CopyIgnoredFile\n\nFROM scratch\nCOPY Dockerfile .\nADD Dockerfile /windy\n", [] },
        { "foobar\n",
            "FROM scratch AS base\nCOPY Dockerfile /foobar\nADD Dockerfile /windy\n\nFROM base\nCOPY --from=base /foobar /Dockerfile\n",
            [] },
        { "**\n!Dockerfile\n", "FROM scratch\nCOPY ./Dockerfile .\n", [] },
        { "**\n!Dockerfile\n", "FROM scratch\nCOPY . .\n", [] },
        { ".*\n", "FROM scratch\nCOPY . .\n", [] },
        { "*\n", "FROM scratch\nCOPY . .\n", [2] },
        { "sub\n!sub/b.txt\n", "FROM scratch\nCOPY sub/a.txt /\n", [2] },
        { "sub\n!other.txt\n", "FROM scratch\nCOPY sub/a.txt /\n", [2] },
        { "sub\n!nope/missing.txt\n", "FROM scratch\nCOPY sub/a.txt /\n", [2] },
        { "!sub/b.txt\nsub\n", "FROM scratch\nCOPY sub/a.txt /\n", [2] },
        { "sub\n!sub/a.txt\n", "FROM scratch\nCOPY sub /sub\n", [] },
        { "sub\n!sub/a.txt\n", "FROM scratch\nCOPY . /ctx\n", [] },
        { "sub\n!sub/a.txt\n", "FROM scratch\nCOPY sub/a.txt /\n", [] },
        { "sub\n!sub/a.txt\n", "FROM scratch\nCOPY sub/*.txt /\n", [] },
        { "su.b\n!su\\.b/keep.txt\n", "FROM scratch\nCOPY su.b /sub\n", [] },
    };

    [Theory, MemberData(nameof(Ignored))]
    public void a_source_that_is_ignored_is_told(string rules, string text, int[] lines)
    {
        var tree = DockerfileParser.Parse("Dockerfile", text).Tree;
        var found = PlanChecks.Run(tree, Request, new CheckFacts { Ignored = IgnoreRules.Parse(".dockerignore", rules) }, allStages: true);
        Assert.Equal(lines.Select(line => (line, "CopyIgnoredFile")), found.Select(each => (each.Place.Line, each.Id)));
    }

    [Fact]
    public void a_build_argument_stands_for_the_directive()
    {
        const string text = "#check=skip=all\nFROM scratch as base\ncopy Dockerfile .\n";
        var strict = DockerfileParser.Parse("Dockerfile", text, CheckOptions.Parse("skip=ConsistentInstructionCasing;error=true"));
        Assert.Equal([(2, "FromAsCasing", Severity.Error)], strict.Diagnostics.Select(each => (each.Place.Line, each.Id, each.Severity)));
        Assert.True(strict.HasErrors);

        Assert.Empty(DockerfileParser.Parse("Dockerfile",
            text.Replace("skip=all", "error=true", StringComparison.Ordinal), CheckOptions.Parse("skip=all")).Diagnostics);
    }

    [Fact]
    public void an_unreached_stage_is_not_judged_by_what_it_needs_in_an_ordinary_build()
    {
        var tree = DockerfileParser.Parse("Dockerfile", "FROM scratch AS first\nCOPY $foo .\n\nFROM scratch AS second\nCOPY $bar .\n").Tree;
        Assert.Equal([5], PlanChecks.Run(tree, Request, CheckFacts.None, allStages: false).Select(each => each.Place.Line));
    }

    private static BuildRequest Request =>
        new() { ContextFolder = "/", Platforms = [Platform.Parse("linux/amd64"), Platform.Parse("linux/arm64")] };

    private static IEnumerable<string> Found(string text)
    {
        var parsed = DockerfileParser.Parse("Dockerfile", text);
        var facts = new CheckFacts { Bases = Bases("alpine", "busybox") };
        // What is wrong with the file ends BuildKit's look at it as well.
        ImmutableArray<Diagnostic> planned = parsed.HasErrors ? [] : PlanChecks.Run(parsed.Tree, Request, facts, allStages: true);
        return parsed.Diagnostics.Concat(planned).OrderBy(each => each.Place.Line).Select(each => $"{each.Place.Line} {each.Id}");
    }

    private static Dictionary<(ImageReference, Platform), BaseImage> Bases(params string[] names) =>
        (from name in names from platform in Request.Platforms select RuleFacts.Base(name, platform))
            .ToDictionary(each => (each.Reference, each.Platform));
}
