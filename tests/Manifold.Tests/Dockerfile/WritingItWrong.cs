using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Parsing;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Tests.Dockerfile;

/// <summary>
/// Each instruction with each kind of fault: where, what is wrong, and what would be right. Parser and planner are asked alike, and before
/// anything is looked up.
/// </summary>
public sealed class WritingItWrong
{
    /// <summary>
    /// The fault's line (the file is <c>FROM scratch</c> and it), its column, words of the message, and words of the hint.
    /// </summary>
    public static TheoryData<string, int, string, string> Instructions => new()
    {
        { "RNU make", 1, "unknown instruction: RNU", "Did you mean RUN?" },
        { "RUN []", 1, "RUN needs a command", "RUN command" },
        { "RUN --mont=type=cache,target=/x make", 5, "RUN has no flag --mont", "Did you mean --mount?" },
        { "RUN --chown=1 make", 5, "RUN has no flag --chown", "--mount, --network, --security" },
        { "RUN --mount make", 5, "--mount needs a value", "" },
        { "RUN --mount=type=chache,target=/x make", 13, "type=chache: expected bind, cache", "Did you mean cache?" },
        { "RUN --mount=type=cache,taget=/x make", 24, "'taget' is not a key of --mount", "Did you mean target?" },
        { "RUN --mount=type=cache,target=/x,sharing=sharde make",
            34, "sharing=sharde: expected shared, private, locked", "Did you mean shared?" },
        { "RUN --mount=type=cache,target=/x,mode=9 make", 34, "mode=9: expected an octal number, e.g. 0750", "" },
        { "RUN --mount=type=cache,target=/x,uid=me make", 34, "uid=me: expected a number", "" },
        { "RUN --mount=type=tmpfs,target=/x,size=big make", 34, "size=big: expected a size, e.g. 512m", "" },
        { "RUN --mount=type=bind,from=$img,target=/x make", 23, "'from' cannot use variables", "FROM $img AS name" },
        { "RUN --mount=type=secret make", 5, "a secret mount needs an id", "--secret id=NAME,src=FILE" },
        { "RUN --mount=type=secret,id=a,source=b make", 30, "an id or a source, not both", "" },
        { "RUN --mount=type=secret,id=a,required=perhaps make", 30, "required=perhaps: expected true or false", "" },
        { "RUN --mount=type=ssh,size=1 make", 22, "'size' does not apply", "to: tmpfs." },
        { "RUN --mount=type=bind,target make", 23, "'target' needs a value: target=…", "" },
        { "RUN --mount=type=bind,\"target=/x make", 5, "a quote in --mount is not closed", "the same kind of quote" },
        { "RUN --network=nnoe make", 5, "--network=nnoe: expected default, none, host", "Did you mean none?" },
        { "RUN --network make", 5, "--network needs a value", "" },
        { "RUN --network=none --network=host make", 20, "--network is given twice", "" },
        { "RUN --security=insecur make", 5, "--security=insecur: expected sandbox, insecure", "Did you mean insecure?" },
        { "RUN --securty=insecure make", 5, "RUN has no flag --securty", "Did you mean --security?" },
        { "RUN <<EOF\nmake", 5, "the heredoc 'EOF' is not closed", "only EOF" },
        { "RUN [\"make\", 1]", 5, "only strings", "double quotes" },
        { "COPY", 1, "COPY needs a source and a destination", "COPY source … destination" },
        { "COPY a", 6, "COPY a has no destination", "COPY source … destination" },
        { "COPY --chwon=1:1 a /", 6, "COPY has no flag --chwon", "Did you mean --chown?" },
        { "COPY --form=build a /", 6, "COPY has no flag --form", "Did you mean --from?" },
        { "COPY --parnts a /", 6, "COPY has no flag --parnts", "Did you mean --parents?" },
        { "COPY --checksum=sha256:1 a /", 6, "COPY has no flag --checksum", "COPY: --chmod" },
        { "COPY --chown a /", 6, "--chown needs a value", "" },
        { "COPY --exclude a /", 6, "--exclude needs a value", "" },
        { "COPY --chown=1 --chown=2 a /", 16, "--chown is given twice", "" },
        { "COPY --chmod=999 a /", 6, "'999' is not a file mode", "Expected octal, e.g. 755, or symbolic" },
        { "COPY --chmod=u+q a /", 6, "'u+q' is not a file mode", "Expected octal" },
        { "COPY --from=$stage a /", 6, "COPY --from cannot use variables", "FROM $stage AS name" },
        { "COPY --from=9 a /", 8, "--from=9: there is no such stage", "one is 0" },
        { "COPY --from=No:such:thing a /", 8, "not a stage or an image reference", "a stage's name or number" },
        { "COPY --link=perhaps a /", 6, "--link=perhaps: expected true or false", "" },
        { "COPY [\"a\", \"b\", 1]", 6, "only strings", "double quotes" },
        { "COPY a <<EOF\nEOF", 8, "COPY cannot copy to a heredoc", "destination last" },
        { "COPY <<EOF /x\nhello", 6, "the heredoc 'EOF' is not closed", "only EOF" },
        { "COPY ${a /b", 6, "missing '}'", "" },
        { "COPY 'a /b", 6, "missing closing single quote", "" },
        { "ADD", 1, "ADD needs a source and a destination", "ADD source … destination" },
        { "ADD a", 5, "ADD a has no destination", "ADD source … destination" },
        { "ADD --from=x a /", 5, "ADD has no flag --from", "COPY --from" },
        { "ADD --parents a /", 5, "ADD has no flag --parents", "ADD: --checksum" },
        { "ADD --checksum=md5:1 https://e.com/a /", 5, "'md5:1' is not a checksum", "Expected sha256: and 64 hex digits." },
        { "ADD --checksum https://e.com/a /", 5, "--checksum needs a value", "" },
        { "ADD --keep-gitdir https://e.com/a.git /", 5, "ADD has no flag --keep-gitdir", "Did you mean --keep-git-dir?" },
        { "ADD --keep-git-dir=x https://e.com/a.git /", 5, "--keep-git-dir=x: expected true or false", "" },
        { "ADD --unpack=maybe a.tar /", 5, "--unpack=maybe: expected true or false", "" },
        { "ADD --chmod=rwx a /", 5, "'rwx' is not a file mode", "Expected octal" },
        { "ARG", 1, "ARG needs a name", "ARG name[=default]" },
        { "ARG =x", 5, "ARG needs a name before '='", "ARG name[=default]" },
        { "ARG TARGETARCH=amd64", 5, "the default for TARGETARCH", "Write ARG TARGETARCH" },
        { "ENV", 1, "ENV needs at least one argument", "ENV key=value" },
        { "ENV a", 5, "ENV a has no value", "ENV a=value" },
        { "ENV a=b c", 9, "'c' has no '='", "in quotes" },
        { "ENV =x", 5, "ENV needs a name before '='", "ENV key=value" },
        { "ENV a=${b", 7, "missing '}'", "" },
        { "ENV a=${b:=c}", 7, "unsupported modifier ':'", "" },
        { "ENV a=\"b", 7, "missing closing double quote", "" },
        { "ENV a=\"${b?must be set}\"", 7, "b: must be set", "" },
        { "ENV --x a=b", 5, "ENV has no flag --x", "ENV has no flags." },
        { "LABEL", 1, "LABEL needs at least one argument", "LABEL key=value" },
        { "LABEL a=b c", 11, "'c' has no '='", "in quotes" },
        { "WORKDIR", 1, "WORKDIR needs an argument", "WORKDIR /path" },
        { "WORKDIR --x /a", 9, "WORKDIR has no flag --x", "WORKDIR has no flags." },
        { "USER", 1, "USER needs an argument", "USER name[:group]" },
        { "USER ${u", 6, "missing '}'", "" },
        { "VOLUME", 1, "VOLUME needs at least one path", "VOLUME /path" },
        { "VOLUME [\"\"]", 8, "a path is empty", "VOLUME /path" },
        { "VOLUME [\"/a\", 1]", 8, "only strings", "double quotes" },
        { "EXPOSE", 1, "EXPOSE needs at least one port", "EXPOSE port[-port][/tcp|udp|sctp]" },
        { "EXPOSE 80/tpc", 8, "'tpc' is not a protocol", "Did you mean tcp?" },
        { "EXPOSE 99999", 8, "'99999' is not a port or a range of ports", "EXPOSE port[-port]" },
        { "EXPOSE 90-80", 8, "the range 90-80 ends before it begins", "EXPOSE port[-port]" },
        { "EXPOSE http", 8, "'http' is not a port", "EXPOSE port[-port]" },
        { "STOPSIGNAL", 1, "STOPSIGNAL needs an argument", "STOPSIGNAL SIGTERM" },
        { "STOPSIGNAL SIGTREM", 12, "'SIGTREM' is not a signal", "Did you mean SIGTERM?" },
        { "STOPSIGNAL 0", 12, "'0' is not a signal", "SIGTERM" },
        { "SHELL /bin/sh", 1, "SHELL needs a JSON array", "SHELL [\"/bin/bash\", \"-c\"]" },
        { "SHELL []", 1, "SHELL needs a JSON array of at least one word", "SHELL [\"/bin/bash\", \"-c\"]" },
        { "SHELL [1]", 7, "only strings", "double quotes" },
        { "CMD [\"a\", 1]", 5, "only strings", "double quotes" },
        { "CMD --x a", 5, "CMD has no flag --x", "JSON array" },
        { "ENTRYPOINT [1]", 12, "only strings", "double quotes" },
        { "ONBUILD", 1, "ONBUILD needs an instruction", "ONBUILD RUN command" },
        { "ONBUILD FROM a", 9, "FROM cannot be an ONBUILD trigger", "except FROM" },
        { "ONBUILD ONBUILD RUN x", 9, "ONBUILD cannot be an ONBUILD trigger", "except FROM" },
        { "ONBUILD RNU x", 9, "unknown instruction: RNU", "Did you mean RUN?" },
        { "ONBUILD COPY --chwon=1 a b", 14, "COPY has no flag --chwon", "Did you mean --chown?" },
        { "MAINTAINER", 1, "MAINTAINER needs an argument", "LABEL org.opencontainers.image.authors" },
        { "HEALTHCHECK", 1, "HEALTHCHECK needs NONE or CMD", "HEALTHCHECK [flags] CMD command" },
        { "HEALTHCHECK FOO x", 13, "not FOO", "HEALTHCHECK [flags] CMD command" },
        { "HEALTHCHECK CMD", 13, "HEALTHCHECK CMD needs a command", "HEALTHCHECK [flags] CMD command" },
        { "HEALTHCHECK NONE x", 18, "HEALTHCHECK NONE takes no arguments", "NONE alone" },
        { "HEALTHCHECK --interval=5 CMD x", 13, "--interval=5: expected a duration, e.g. 30s", "Did you mean 5s?" },
        { "HEALTHCHECK --interval=1x CMD x", 13, "--interval=1x: expected a duration, e.g. 30s", "" },
        { "HEALTHCHECK --intervall=5s CMD x", 13, "HEALTHCHECK has no flag --intervall", "Did you mean --interval?" },
        { "HEALTHCHECK --start_period=5s CMD x", 13, "HEALTHCHECK has no flag --start_period", "Did you mean --start-period?" },
        { "HEALTHCHECK --timeout=1us CMD x", 13, "--timeout=1us: the shortest duration is 1ms", "" },
        { "HEALTHCHECK --retries=-1 CMD x", 13, "--retries=-1: expected a number", "" },
        { "HEALTHCHECK --interval=1s --interval=2s CMD x", 27, "--interval is given twice", "" },
        { "HEALTHCHECK --interval CMD x", 13, "--interval needs a value", "" },
    };

    [Theory, MemberData(nameof(Instructions))]
    public void an_instruction_says_where_and_how(string fault, int column, string message, string hint) =>
        OneError($"FROM scratch\n{fault}\n", (2, column), message, hint);

    /// <summary>Whole files, for what is wrong with the first line or between lines.</summary>
    public static TheoryData<string, int, int, string, string> Files => new()
    {
        { "FROM\n", 1, 1, "FROM needs an image", "FROM image [AS name]" },
        { "FROM a b\n", 1, 8, "FROM takes an image, optionally", "FROM image [AS name]" },
        { "FROM a AS\n", 1, 8, "AS must be followed by a name", "FROM image [AS name]" },
        { "FROM a SA b\n", 1, 8, "FROM takes an image, optionally", "Did you mean AS?" },
        { "FROM a AS 1x\n", 1, 11, "'1x' is not a stage name", "begin with a letter" },
        { "FROM --platfrom=linux/arm64 a\n", 1, 6, "FROM has no flag --platfrom", "Did you mean --platform?" },
        { "FROM --platform a\n", 1, 6, "--platform needs a value", "" },
        { "FROM --platform=linux/a/b/c/d a\n", 1, 6, "'linux/a/b/c/d' is not a platform", "$BUILDPLATFORM" },
        { "FROM --platform=$TARGETPLATFORM --platform=$BUILDPLATFORM a\n", 1, 33, "--platform is given twice", "" },
        { "FROM --platform=$NOPE scratch\n", 1, 6, "--platform=$NOPE is '', which is not a platform", "$BUILDPLATFORM" },
        { "FROM $NOPE\n", 1, 6, "the base name '$NOPE' is empty", "before the first FROM" },
        { "FROM a:b:c\n", 1, 6, "'a:b:c' is not a stage or an image reference", "[registry/]repository[:tag]" },
        { "ARG X=${\nFROM scratch\n", 1, 7, "missing '}'", "" },
        { "# escape=x\nFROM scratch\n", 1, 10, "'x' cannot be the escape character", "\\ or `" },
        { "# escape=`\n# escape=`\nFROM scratch\n", 2, 1, "the directive 'escape' is given twice", "" },
        { "# syntax=ghcr.io/acme/frontend:1\nFROM scratch\n", 1, 10, "'ghcr.io/acme/frontend:1' is not supported", "docker/dockerfile" },
        { "# check=skp=all\nFROM scratch\n", 1, 9, "'skp=all' is not an option", "Did you mean skip?" },
        { "# check=error=yes\nFROM scratch\n", 1, 9, "expected error=true or error=false", "" },
        { "RUN make\nFROM scratch\n", 1, 1, "RUN comes before the first FROM", "Only ARG can" },
        { "# nothing\n", 1, 1, "the file has no instructions", "FROM image or FROM scratch" },
        { "ARG a\n", 1, 1, "the file has no FROM", "FROM image or FROM scratch" },
        { "FROM scratch AS a\nCOPY --from=b x /\nFROM scratch AS b\nCOPY --from=a x /\n", 2, 8,
            "--from=b: the stage must be defined before", "Move the stage 'b' above 'a'." },
        { "FROM scratch AS a\nCOPY --from=1 x /\nFROM a\n", 2, 8, "--from=1: the stage must be defined before",
            "Move the stage '1' above 'a'." },
        { "FROM scratch AS a\nCOPY --from=a x /\n", 2, 8, "--from=a: the stage must be defined before", "from the stages above it" },
        { "FROM scratch AS a\nRUN --mount=from=b,target=/b make\nFROM scratch AS b\nFROM a\n", 2, 13,
            "--mount from=b: the stage must be defined before", "Move the stage 'b' above 'a'." },
        { "FROM scratch AS a\nONBUILD COPY --from=b x /\nFROM a AS c\nFROM scratch AS b\nFROM c\n", 2, 16,
            "--from=b: the stage must be defined before", "Move the stage 'b' above 'c'." },
        { "FROM scratch AS build\nFROM scratch\nCOPY --from=Bui:l:d x /\n", 3, 8, "not a stage or an image reference",
            "Did you mean build?" },
    };

    [Theory, MemberData(nameof(Files))]
    public void a_file_says_where_and_how(string text, int line, int column, string message, string hint) =>
        OneError(text, (line, column), message, hint);

    [Theory]
    [InlineData("docker/dockerfile")]
    [InlineData("docker/dockerfile:1")]
    [InlineData("docker/dockerfile:1.7-labs")]
    [InlineData("docker.io/docker/dockerfile:1.20")]
    [InlineData("docker/dockerfile-upstream:master")]
    [InlineData("docker/dockerfile@sha256:1111111111111111111111111111111111111111111111111111111111111111")]
    [InlineData("docker/dockerfile:1.4@sha256:1111111111111111111111111111111111111111111111111111111111111111")]
    [InlineData("mirror.example.com:5000/hub/docker/dockerfile:1")]
    public void every_version_of_the_language_is_taken(string syntax) => Assert.Empty(Errors($"# syntax={syntax}\nFROM scratch\n"));

    [Theory]
    [InlineData("ghcr.io/acme/frontend")]
    [InlineData("docker/dockerfiles:1")]
    [InlineData("acme/dockerfile:1")]
    [InlineData("dockerfile:1")]
    public void another_language_is_not(string syntax) => Assert.Single(Errors($"# syntax={syntax}\nFROM scratch\n"));

    [Fact]
    public void several_mistakes_are_told_together()
    {
        var errors = Errors(" FROM scratch\nEXPOSE 80 99999 x\nCOPY --chwon=1 a /\nRNU x\nRUN --mount=type=cash,target=/a x\n");
        Assert.Equal([(2, 11), (2, 17), (3, 6), (4, 1), (5, 13)], errors.Select(each => (each.Place.Line, each.Place.Column)));
    }

    [Fact]
    public void several_mistakes_that_only_the_plan_shows_are_told_together()
    {
        var errors = Errors("FROM scratch\nENV P=x\nEXPOSE $P ${P}y\nSTOPSIGNAL $P\nENV a=${Q?gone}\n");
        Assert.Equal([(3, 1), (3, 1), (4, 12), (5, 7)], errors.Select(each => (each.Place.Line, each.Place.Column)));
    }

    [Fact]
    public void a_mistake_on_a_continued_line_is_shown_on_its_own_line()
    {
        var error = Assert.Single(Errors("FROM scratch\nCOPY a \\\n  # a comment\n  --chwon=1 \\\n  ${b \\\n  /\n"),
            each => each.Message.Contains("missing", StringComparison.Ordinal));
        Assert.Equal((5, 3, "  ${b \\"), (error.Place.Line, error.Place.Column, error.Excerpt));
    }

    private static void OneError(string text, (int Line, int Column) place, string message, string hint)
    {
        var error = Assert.Single(Errors(text));
        Assert.Equal(place, (error.Place.Line, error.Place.Column));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains(hint, error.Hint ?? "", StringComparison.Ordinal);
        Assert.Contains("\n  ", error.Render(), StringComparison.Ordinal);
        Assert.Matches(@"\n\s*\^", error.Render());
    }

    /// <summary>What the parser says; where that is nothing, what the planner says.</summary>
    private static ImmutableArray<Diagnostic> Errors(string text)
    {
        var parsed = DockerfileParser.Parse("Dockerfile", text);
        ImmutableArray<Diagnostic> errors = [.. parsed.Diagnostics.Where(each => each.Severity == Severity.Error)];
        if (!errors.IsEmpty)
            return errors;
        try
        {
            new Planner(parsed.Tree,
                new BuildRequest { ContextFolder = "/", Platforms = [Platform.Parse("linux/amd64"), Platform.Parse("linux/arm64")] })
                .Plan(new Dictionary<(ImageReference, Platform), BaseImage>());
            return [];
        }
        catch (DockerfileException e)
        {
            return e.Diagnostics;
        }
    }
}
