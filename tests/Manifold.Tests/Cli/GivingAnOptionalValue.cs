namespace Manifold.Tests.Cli;

/// <summary>The word behind an option that needs no value is the argument, where one is missing or it cannot be the value.</summary>
public sealed class GivingAnOptionalValue : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public GivingAnOptionalValue() => folder.Write("Dockerfile", "FROM scratch\nARG A=1\nCOPY Dockerfile /\n");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("--provenance mode=min {0}")]
    [InlineData("--provenance=mode=min {0}")]
    [InlineData("{0} --provenance mode=min")]
    [InlineData("--provenance true {0}")]
    [InlineData("--provenance {0}")]
    [InlineData("{0} --provenance")]
    [InlineData("--sbom {0}")]
    [InlineData("--sbom true {0}")]
    [InlineData("--sbom --provenance {0}")]
    [InlineData("--attest type=sbom {0}")]
    [InlineData("--provenance -- {0}")]
    public async Task the_context_is_never_taken_for_a_value(string words)
    {
        var (code, _, error) = await RunAsync($"build -q -o type=oci,dest={folder["out.tar"]} {words}");
        Assert.True(code == 0, error);
        Assert.True(File.Exists(folder["out.tar"]));
    }

    [Theory]
    [InlineData("build --sbom=spdx {0}", "spdx")]
    [InlineData("build --provenance nothing {0}", "is an extra argument")]
    [InlineData("build -t app --sign {0}", "--sign needs a key")]
    [InlineData("build -t app --sign --key {0}", "context is missing|CONTEXT is missing")]
    public async Task what_is_neither_is_named(string words, string message)
    {
        var (code, _, error) = await RunAsync(words);
        Assert.Equal(2, code);
        Assert.Matches(message, error);
    }

    // The store has no such image, so what was taken for the image is in the message.
    [Theory]
    [InlineData("verify --run store:here/image:1")]
    [InlineData("verify store:here/image:1 --run")]
    [InlineData("verify --run=--version store:here/image:1")]
    [InlineData("verify --run --version store:here/image:1")]
    [InlineData("verify --run version store:here/image:1")]
    [InlineData("verify --run --all store:here/image:1")]
    [InlineData("verify --run --timeout 5 store:here/image:1")]
    [InlineData("verify store:here/image:1 --run version")]
    public async Task the_image_is_never_taken_for_the_arguments_of_its_program(string words)
    {
        var (code, _, error) = await RunAsync(words);
        Assert.Equal(2, code);
        Assert.Contains("here/image:1", error, StringComparison.Ordinal);
        Assert.DoesNotContain("missing", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bake --print -f {0}/two.hcl app", "  app:")]
    [InlineData("bake -f {0}/two.hcl --print app", "  app:")]
    [InlineData("bake -f {0}/two.hcl app --print", "  app:")]
    [InlineData("bake -f {0}/two.hcl --print=json app", "\"app\": {")]
    public async Task an_image_of_a_project_is_never_taken_for_a_format(string words, string expected)
    {
        folder.Write("two.hcl", "target \"app\" {}\ntarget \"other\" {}\n");
        var (code, output, error) = await RunAsync(words);
        Assert.True(code == 0, error);
        Assert.Contains(expected, output, StringComparison.Ordinal);
        Assert.DoesNotContain("other", output, StringComparison.Ordinal);
    }

    private Task<(int Code, string Output, string Error)> RunAsync(string words) =>
        Commanding.Manifold(folder, words.Replace("{0}", folder.Path, StringComparison.Ordinal).Split(' '));
}
