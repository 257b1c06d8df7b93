using Manifold.Images.Outputs;

namespace Manifold.Tests.Cli;

public sealed class WrongOutputs
{
    [Theory]
    [InlineData("type=oic,dest=x.tar", "unknown type 'oic'. Did you mean oci?")]
    [InlineData("dest=x.tar", "'type' is missing. Example: type=oci,dest=FILE.tar")]
    [InlineData("type=oci,dst=x.tar", "'dst'. Did you mean dest?")]
    [InlineData("type=local", "'dest' is missing. Example: type=local,dest=FOLDER")]
    [InlineData("type=local,dest=-", "files cannot be written to standard output.")]
    [InlineData("type=oci,dest=-,tar=false", "a folder cannot be written to standard output.")]
    [InlineData("type=oci,dest=x,tar=maybe", "tar=maybe: expected true or false.")]
    [InlineData("type=oci,dest=x,compression=estargz", "compression 'estargz' is not supported")]
    [InlineData("type=oci,dest=x,compression=gz", "compression 'gz'. Expected gzip, zstd or uncompressed.")]
    [InlineData("type=oci,dest=x,compression=zstd,compression-level=23",
        "compression level '23': expected a number from 1 to 22 for zstd.")]
    [InlineData("type=oci,dest=x,compression-level=fast", "compression level 'fast': expected a number from 1 to 9 for gzip.")]
    [InlineData("type=docker,dest=x,tar=false", "docker load cannot read a folder.")]
    [InlineData("type=image,push-by-digest=true", "push-by-digest=true needs push=true.")]
    [InlineData("type=registry,name=UPPER", "'UPPER' is not an image reference.")]
    [InlineData("type=registry,registry.insecure=true", "--insecure-registry HOST")]
    [InlineData("type=oci,dest=x,annotation=1", "'annotation' is not an annotation.")]
    [InlineData("type=oci,dest=x,annotation-manifst.a=1", "'manifst' is not a place for annotations. Expected manifest, ")]
    [InlineData("type=tar,dest=x,compression=zstd", "unknown key 'compression'.")]
    [InlineData("type=tar,\"dest=x", "a double quote is not closed")]
    public void each_mistake_is_told_with_what_would_be_right(string output, string expected)
    {
        var wrong = Assert.Throws<UsageException>(() => ImageOutput.Parse(output));
        Assert.StartsWith($"--output '{output}': ", wrong.Message, StringComparison.Ordinal);
        Assert.Contains(expected, wrong.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--compression zst", "--compression zst: Did you mean zstd?")]
    [InlineData("--compression gzip:10", "compression level '10': expected a number from 1 to 9 for gzip.")]
    [InlineData("-o type=tar -o type=oci", "standard output")]
    [InlineData("-o type=registry", "--push needs a name")]
    [InlineData("-o type=registry,name=a.example/b,compression=zstd --push -t a.example/c", "a different form")]
    public async Task flags_that_do_not_go_together_are_told_before_any_work(string flags, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write("Dockerfile", "FROM scratch\n");
        var (code, _, error) = await Commanding.Manifold(folder, ["build", .. flags.Split(' '), folder.Path]);
        Assert.Equal(2, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }
}
