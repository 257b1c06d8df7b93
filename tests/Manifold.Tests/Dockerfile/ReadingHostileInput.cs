using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Parsing;

namespace Manifold.Tests.Dockerfile;

/// <summary>Nothing that is read throws or takes long, whatever it is.</summary>
public sealed class ReadingHostileInput
{
    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(2000).WithQuietOnSuccess(true);

    /// <summary>Pieces that mean something, in senseless order.</summary>
    private static readonly Gen<string> Pieces = Gen.Elements(
        "FROM", "RUN", "COPY", "ADD", "ONBUILD", "ENV",
        "ARG", "HEALTHCHECK", "SHELL", "\n", "\n", "\r\n", " ", "\t", "\\\n", "`\n", "\\", "`", "#", "# escape=`\n", "<<EOF", "<<-'E'",
        "EOF", "\nEOF\n", "[\"", "\"]", "[", "]", "'", "\"", "${",
        "}", "$", ":-", "//", "--from=", "--mount=type=cache,", "--", "=", ",", "a", "\0", "\uD800", "\uFEFF", "é", "\u2028", "\\ud800");

    private static readonly Gen<string> Texts = Pieces.ArrayOf().Select(string.Concat);

    private static readonly Gen<byte[]> MutatedCases =
        from original in Gen.Elements(
            Cases.Names("parse").Select(name => File.ReadAllBytes(Path.Combine(Cases.Folder("parse"), name, "Dockerfile"))).ToArray())
        from at in Gen.Choose(0, Math.Max(0, original.Length - 1))
        from length in Gen.Choose(0, 12)
        from inserted in Pieces
        select (byte[])[.. original[..at], .. Encoding.UTF8.GetBytes(inserted), .. original[Math.Min(original.Length, at + length)..]];

    [Fact]
    public void random_bytes_are_read() => Check.One(Config, Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => Read(bytes)));

    [Fact]
    public void damaged_Dockerfiles_are_read() => Check.One(Config, Prop.ForAll(MutatedCases.ToArbitrary(), bytes => Read(bytes)));

    [Fact]
    public void senseless_Dockerfiles_are_read() =>
        Check.One(Config, Prop.ForAll(Texts.ToArbitrary(), text => Read(Encoding.UTF8.GetBytes("FROM a\n" + text))));

    [Fact]
    public void senseless_words_are_expanded() => Check.One(Config, Prop.ForAll(Texts.ToArbitrary(), text =>
    {
        var result = Expansion.Expand(text, name => name.Length % 2 == 0 ? null : "v w");
        Assert.True(result.Error is null || (result.Text.Length == 0 && result.Words.IsEmpty));
    }));

    [Fact]
    public void long_repetitions_are_read_in_time()
    {
        string[] repeated = ["\\\n", "RUN a \\\n", "COPY <<A b\n", "ONBUILD ", "[", "${", "'", "--x ",
            "--x=\"", "ENV a=b \\\n", "#\n", "RUN <<A <<B <<C\n", "\"", "=", "FROM a AS b\n", "COPY <<A ", "<<A ", "a,", "x\n", "--from=a ",
            "# syntax=a        "];
        foreach (var piece in repeated)
        {
            var text = string.Concat(Enumerable.Repeat(piece, 30_000 / piece.Length));
            var took = ProcessorTime.Of(() =>
            {
                foreach (var before in new[] { "", "FROM a\nENV ", "FROM a\nCOPY ", "FROM a\nRUN ", "FROM a\nRUN --mount=" })
                    Read(Encoding.UTF8.GetBytes(before + text));
            }, runs: 3); // the first also compiles what is measured
            Assert.True(took.TotalSeconds < 1, $"Repetitions of '{piece}' take too long.");
        }
    }

    private static void Read(byte[] bytes)
    {
        var parsed = DockerfileParser.Parse("Dockerfile", bytes);
        Assert.True(parsed.HasErrors || parsed.Tree.Stages.Length > 0);
        Assert.All(parsed.Diagnostics, each => Assert.NotEmpty(each.Render()));
        Assert.NotEmpty(DockerfileJson.Write(parsed.Tree));
    }
}
