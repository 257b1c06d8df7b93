using System.Collections.Immutable;
using Manifold.Building.Units;
using Manifold.Images.Outputs;
using Manifold.Layers;
using Manifold.Planning;

namespace Manifold.Building;

/// <summary>Writes the images of a project to the places beside the store and the registries.</summary>
internal sealed class ImageOutputs
{
    private readonly OutputWriter writer;
    private readonly ImmutableArray<(string Component, ImageOutput Output)> outputs;

    private ImageOutputs(OutputWriter writer, ImmutableArray<(string Component, ImageOutput Output)> outputs) =>
        (this.writer, this.outputs) = (writer, outputs);

    /// <summary>Finds out, before any work, whether all outputs can be written.</summary>
    /// <exception cref="ManifoldException">An output cannot be written.</exception>
    public static async Task<ImageOutputs> PrepareAsync(
        BuilderTools tools, BuildOrder order, ProjectPlan plan, Action<string> warn, CancellationToken cancellation)
    {
        var writer = new OutputWriter(new OutputTools(tools.Store, tools.Registry)
        {
            Environment = order.Outputs.Environment,
            OpenStandardOutput = order.Outputs.OpenStandardOutput,
            Tell = order.Outputs.Tell,
            Warn = warn,
        });
        var found = ImmutableArray.CreateBuilder<(string Component, ImageOutput Output)>();
        foreach (var component in plan.Components.Where(component => component.Node.Asked))
        {
            var read = order.Outputs.Given ?? OfFile(component, order.Outputs.Load, warn);
            await writer.PrepareAsync(
                read, [.. component.Platforms.Select(platform => platform.Platform)], cancellation).ConfigureAwait(false);
            found.AddRange(read.Select(output => (component.Name, output)));
        }
        if (order.Push is null)
            order.Documents.RequirePlace(found.Select(each => each.Output));
        return new ImageOutputs(writer, found.ToImmutable());
    }

    /// <summary>Returns the outputs that the project's file gives an image.</summary>
    private static ImmutableArray<ImageOutput> OfFile(PlannedComponent component, bool load, Action<string> warn)
    {
        var asked = component.Component.Outputs.Select(text => WithoutTime(ImageOutput.Parse(text))).ToList();
        var read = asked.Where(output => output is { IsLoad: false, Kind: not (OutputKind.Image or OutputKind.CacheOnly) }).ToList();
        if (load || component.Component.Load)
            read.Add(asked.Find(output => output.IsLoad) ?? ImageOutput.Load);
        else if (asked.Find(output => output.IsLoad) is { } unheeded)
            warn($"{component.Name}: output '{unheeded.Text}' is skipped, because images are loaded into docker or podman only "
                + "with --load.");
        if (read.Find(output => output.IsStandardOutput) is { } first)
            throw new UsageException($"{component.Name}: --output '{first.Text}': a project cannot write its images to standard "
                + "output. Name a file with dest=FILE.");
        return [.. read];
    }

    private static ImageOutput WithoutTime(ImageOutput output) => output.Epoch is null ? output : output with
    {
        WithoutEffect =
        [
            .. output.WithoutEffect,
            $"source-date-epoch: set {BuildKitArguments.Epoch} in the args of the image instead",
        ],
    };

    public async Task WriteAsync(ProjectResult made, ImageDocuments documents, ProjectBuild build, CancellationToken cancellation)
    {
        foreach (var (name, output) in outputs)
        {
            if (made.Components.FirstOrDefault(component => component.Name == name) is not { Result: { } result } component)
                continue;
            if (VariantOf(output, component) is { } variant)
                result = await build.VariantAsync(component, variant, cancellation).ConfigureAwait(false);
            var beside = output.HoldsAttachments ? await documents.BesideAsync(component, cancellation).ConfigureAwait(false) : null;
            var source = new BuiltSource(result.Index, [.. result.Images.Select(image => image.Platform)])
            {
                Attach = beside is null ? null : beside.AttachAsync,
            };
            await writer.WriteAsync(output, source, component.Component.Tags, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Returns the form that an output needs; null if it is the image's own.</summary>
    private static UnitVariant? VariantOf(ImageOutput output, ComponentResult component)
    {
        if (output.Kind != OutputKind.Oci)
            return null;
        var own = component.Platforms.Select(platform => platform.Node.Build?.Request.Layers).FirstOrDefault(layers => layers is not null)
            ?? LayerPolicy.Default;
        var layers = output.Layers ?? own;
        return layers == own && output.Annotations.IsEmpty ? null : new UnitVariant(layers, output.Annotations);
    }
}
