namespace Manifold.EndToEnd.Building;

/// <summary>ONBUILD of images and of stages.</summary>
[Trait("kind", "end-to-end")]
public sealed class Triggers : IDisposable
{
    private readonly Workshop shop = new();

    public void Dispose() => shop.Dispose();

    private async Task Parent(string dockerfile, string name = "example.com/parent:1") =>
        (await shop.Build(shop.Context(dockerfile), "-t", name)).Succeeded();

    private async Task<string> Config(string dockerfile, params (string, string)[] files)
    {
        (await shop.Build(shop.Context(dockerfile, files), "-t", "example.com/child:1")).Succeeded();
        return (await shop.Run([], "inspect", "store:example.com/child:1", "--format", "json")).Succeeded().Output;
    }

    [Fact]
    public async Task of_an_image_are_done_before_a_childs_own_instructions_and_not_handed_on()
    {
        await Parent("FROM scratch\nONBUILD COPY app /app\nONBUILD ENV ORDER=trigger\nONBUILD LABEL from=trigger\n");

        (await shop.Build(shop.Context("FROM example.com/parent:1\nENV AFTER=$ORDER ORDER=own\n", ("app", "x")),
            "-t", "example.com/child:1", "--print", "plan"))
            .Succeeded();
        var child = await shop.Build(shop.Context("FROM example.com/parent:1\nENV AFTER=$ORDER ORDER=own\n", ("app", "x")),
            "-t", "example.com/child:1");
        var config = (await shop.Run([], "inspect", "store:example.com/child:1", "--format", "json")).Succeeded().Output;

        Assert.Equal(["COPY app /app"],
            child.Succeeded().Steps.Select(step => step.Name[(step.Name.IndexOf(']', StringComparison.Ordinal) + 2)..]));
        Assert.Contains("AFTER=trigger", config, StringComparison.Ordinal);
        Assert.Contains("ORDER=own", config, StringComparison.Ordinal);
        Assert.DoesNotContain("ONBUILD", config, StringComparison.OrdinalIgnoreCase);
        Assert.Empty((await shop.Build(shop.Context("FROM example.com/child:1\n"))).Succeeded().Steps);
    }

    [Fact]
    public async Task of_a_stage_are_done_in_the_stages_above_it()
    {
        var outcome = await shop.Build(
            shop.Context("FROM scratch AS base\nONBUILD COPY f /f\nFROM base AS child\nFROM child\nCOPY f /g\n", ("f", "x")));

        Assert.Equal(2, outcome.Succeeded().Steps.Length);
    }

    [Fact]
    public async Task may_copy_from_images_and_stages_that_nothing_else_needs()
    {
        await Parent("FROM scratch\nLABEL a=b\n", "example.com/empty:1");
        await Parent("FROM scratch\nCOPY Dockerfile /of-other\n", "example.com/other:1");
        await Parent("FROM scratch\nONBUILD COPY --from=example.com/other:1 /of-other /a\nONBUILD COPY --from=builder /b /b\n");

        var child =
            await shop.Build(shop.Context("FROM example.com/empty:1 AS builder\nCOPY f /b\nFROM example.com/parent:1\n", ("f", "x")));

        Assert.Equal(3, child.Succeeded().Steps.Length);
    }

    [Fact]
    public async Task that_cannot_be_read_are_told_at_the_from_that_brings_them()
    {
        await Parent("FROM scratch\nONBUILD COPY --from=nosuch: f /\n");

        var child = await shop.Build(shop.Context("FROM example.com/parent:1\n"));

        Assert.Equal(2, child.Code);
        Assert.Contains("Dockerfile:1", child.Error, StringComparison.Ordinal);
        Assert.Contains("nosuch:", child.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task are_kept_in_the_config_as_they_were_written()
    {
        await Parent("FROM scratch\nONBUILD RUN a && \\\n  b\nONBUILD COPY <<EOF /f\ntext\nEOF\n");

        var config = (await shop.Run([], "inspect", "store:example.com/parent:1", "--format", "json")).Succeeded().Output;

        Assert.Contains("RUN a \\u0026\\u0026 ",
            config.Replace("&&", "\\u0026\\u0026", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
