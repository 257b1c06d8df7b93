using System.Collections.Immutable;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Solving;
using static Manifold.Tests.Solving.NamedSteps;

namespace Manifold.Tests.Solving;

/// <summary>Steps are done in the order of what they need, each once, and as many at a time as possible.</summary>
public sealed class SolvingAPlan
{
    private readonly FakeExecutor executor = new();
    private readonly Solver solver;

    public SolvingAPlan() => solver = new Solver(executor, new FakeBlobs(executor), LayerPolicy.Default);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task what_lies_below_comes_first()
    {
        var last = Step("three", Step("two", Step("one", Base())));
        var image = await solver.SolveAsync(Image(last), Cancellation);

        Assert.Equal(["begin one", "end one", "begin two", "end two", "begin three", "end three"],
            executor.Log.Where(entry => !entry.StartsWith("blob", StringComparison.Ordinal)));
        Assert.Equal(["one", "two", "three"], image.Layers.Select(layer => layer.Step.Name));
        Assert.Equal(["one", "two", "three"], image.Layers.Select(layer => NameOf(layer.DiffId)));
        Assert.All(image.Layers, layer => Assert.Equal(FakeBlobs.Of(layer.DiffId), layer.Blob));
        Assert.False(image.IsEmpty);
    }

    [Fact]
    public async Task a_step_sees_the_chains_below_it_and_of_what_it_reads()
    {
        var source = Step("made", Base("other"));
        var last = Copy("copied", Step("one", Base()), source);
        await solver.SolveAsync(Image(last), Cancellation);

        Assert.Equal([FakeExecutor.LayerOf("one")], executor.Inputs["copied"].Below.Select(layer => layer.DiffId));
        Assert.Equal([FakeExecutor.LayerOf("made")], executor.Inputs["copied"].Of(source).Select(layer => layer.DiffId));
    }

    [Fact]
    public async Task a_step_that_changes_nothing_has_no_layer()
    {
        executor.Changeless.Add("two");
        var last = Step("three", Step("two", Step("one", Base())));
        var image = await solver.SolveAsync(Image(last), Cancellation);

        Assert.Equal(["one", "three"], image.Layers.Select(layer => layer.Step.Name));
        Assert.Equal([Digest.Of("one"), Digest.Of("three")], image.StepsWithLayer.OrderBy(step => step == Digest.Of("three")));
    }

    [Fact]
    public async Task an_image_without_files_has_one_empty_layer()
    {
        var image = await solver.SolveAsync(Image(Base()), Cancellation);
        Assert.True(image.IsEmpty);
        Assert.Equal(Digest.Of("empty"), Assert.Single(image.Layers).DiffId);
        Assert.Empty(image.StepsWithLayer);
    }

    [Fact]
    public async Task the_layers_of_a_base_lie_below_and_keep_their_blobs_and_repositories()
    {
        var ground = Base("FROM app", Images.Of("quay.io/acme/app:1", "a", "b"));
        var image = await solver.SolveAsync(Image(Step("one", ground)), Cancellation);

        Assert.Equal([Digest.Of("a"), Digest.Of("b"), FakeExecutor.LayerOf("one")], image.Layers.Select(layer => layer.DiffId));
        Assert.Equal([ground, ground, image.Layers[2].Step], image.Layers.Select(layer => layer.Step));
        var below = executor.Inputs["one"].Below;
        Assert.All(below, layer => Assert.Equal("quay.io/acme/app", layer.Remote!.Repository.Name));
        Assert.Equal([Digest.Of("blob a"), Digest.Of("blob b")], below.Select(layer => layer.Remote!.Descriptor.Digest));
    }

    [Fact]
    public async Task a_base_whose_documents_disagree_is_refused_by_name()
    {
        var broken = Images.Of("quay.io/acme/app:1", "a", "b");
        broken = broken with { Manifest = broken.Manifest with { Layers = [broken.Manifest.Layers[0]] } };
        var refusal = await Assert.ThrowsAsync<ContentMismatchException>(
            () => solver.SolveAsync(Image(Step("one", Base("FROM app", broken))), Cancellation));
        Assert.Contains("quay.io/acme/app:1", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, executor.Count("begin one"));
    }

    [Fact]
    public async Task a_step_of_several_images_runs_once()
    {
        var shared = Step("shared", Base());
        var images = await Task.WhenAll(Enumerable.Range(0, 8).Select(i =>
            solver.SolveAsync(Image(Step($"own {i}", shared)), Cancellation)));

        Assert.Equal(1, executor.Count("begin shared"));
        Assert.All(images, image => Assert.Equal(FakeExecutor.LayerOf("shared"), image.Layers[0].DiffId));
        // An image that comes later uses the same result.
        await solver.SolveAsync(Image(Step("late", shared)), Cancellation);
        Assert.Equal(1, executor.Count("begin shared"));
    }

    [Fact]
    public async Task stages_that_do_not_need_each_other_run_at_the_same_time()
    {
        var both = new Barrier(2); // passed only if both steps are at work
        executor.Work["left"] = executor.Work["right"] =
            _ => Task.Factory.StartNew(() => both.SignalAndWait(Cancellation), Cancellation, TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
        var last = Copy("joined", Step("left", Base("l")), Step("right", Base("r")));
        await solver.SolveAsync(Image(last), Cancellation);
        Assert.Equal("end joined", executor.Log.Last(entry => entry.StartsWith("end", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task a_step_that_stands_alone_does_not_wait_for_what_is_below()
    {
        // It is below that waits here: the other way round this would never end.
        executor.Work["slow"] = _ => executor.EndedAsync("linked");
        var image = await solver.SolveAsync(Image(Copy("linked", Step("slow", Base()), from: null, link: true)), Cancellation);

        Assert.Empty(executor.Inputs["linked"].Below);
        Assert.Equal(["slow", "linked"], image.Layers.Select(layer => NameOf(layer.DiffId)));
    }

    [Fact]
    public async Task a_step_that_stands_alone_waits_for_its_source()
    {
        var source = Step("source", Base("other"));
        await solver.SolveAsync(Image(Copy("linked", Step("one", Base()), source, link: true)), Cancellation);

        var log = executor.Log.ToList();
        Assert.True(log.IndexOf("end source") < log.IndexOf("begin linked"), string.Join(", ", log));
        Assert.Equal([FakeExecutor.LayerOf("source")], executor.Inputs["linked"].Of(source).Select(layer => layer.DiffId));
    }

    [Fact]
    public async Task a_layer_is_compressed_while_later_steps_run()
    {
        var blob = $"blob {FakeExecutor.LayerOf("one")}";
        executor.Work["two"] = async _ =>
        {
            while (!executor.Log.Contains(blob))
            {
                Cancellation.ThrowIfCancellationRequested();
                await Task.Yield();
            }
        };
        await solver.SolveAsync(Image(Step("two", Step("one", Base()))), Cancellation);
        var log = executor.Log.ToList();
        Assert.True(log.IndexOf(blob) < log.IndexOf("end two"), string.Join(", ", log));
    }

    [Fact]
    public async Task thousands_of_steps_in_a_row_are_solved()
    {
        Step last = Base();
        for (var i = 0; i < 3_000; i++)
            last = Step($"{i}", last);
        var image = await solver.SolveAsync(Image(last), Cancellation);
        Assert.Equal(3_000, image.Layers.Length);
    }

    private string NameOf(Digest layer) => executor.Inputs.Keys.First(name => FakeExecutor.LayerOf(name) == layer);

    /// <summary>Bases with layers of these names.</summary>
    private static class Images
    {
        public static BaseImage Of(string reference, params string[] layers) => new(
            ImageReference.Parse(reference), Platform.Parse("linux/amd64"),
            new Descriptor { MediaType = MediaType.Manifest, Digest = Digest.Of(reference), Size = 1 },
            new Manifest
            {
                Config = new Descriptor { MediaType = MediaType.Config, Digest = Digest.Of("config"), Size = 1 },
                Layers = [.. layers.Select(layer =>
                    new Descriptor { MediaType = MediaType.LayerGzip, Digest = Digest.Of("blob " + layer), Size = 1 })],
            },
            new ImageConfig
            {
                Os = "linux",
                Architecture = "amd64",
                RootFs = new RootFs { DiffIds = [.. layers.Select(layer => Digest.Of(layer))] },
            });
    }
}
