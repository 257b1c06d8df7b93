using System.Collections.Immutable;
using Manifold.Images.Outputs;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Projects.Bake;

/// <summary>What a target's outputs ask for: files, a publication, and the one form in which its image is made.</summary>
/// <remarks>Pushing is the project's, and what keeps the image nowhere is nothing. Wrong outputs are faults where they stand.</remarks>
internal sealed class TargetOutputs
{
    private readonly BakeSources sources;

    private TargetOutputs(BakeSources sources) => this.sources = sources;

    public bool IsPushed { get; private set; }

    /// <summary>As they are written, for what is made beside the store.</summary>
    public ImmutableArray<string> Files { get; private set; } = [];

    /// <summary>What an output calls the image that goes to the store or a registry.</summary>
    public ImmutableArray<ImageReference> Names { get; private set; } = [];

    /// <summary>Null where none says.</summary>
    public LayerPolicy? Layers { get; private set; }

    public ImmutableArray<Annotation> Annotations { get; private set; } = [];

    /// <summary>Published in Docker's media types.</summary>
    public bool DockerFormat { get; private set; }

    public List<string> Warnings { get; } = [];

    public static TargetOutputs Read(BakeTarget target, BakeSources sources)
    {
        var read = new TargetOutputs(sources);
        ImageOutput? first = null;
        foreach (var item in target.Items("output").Where(item => item.Value.Length > 0))
        {
            if (read.Parse(item) is not { } output)
                continue;
            read.Add(item, output);
            if (output.Kind is not (OutputKind.Oci or OutputKind.Image))
                continue;
            if (first is not null && (first.Layers != output.Layers || !first.Annotations.SequenceEqual(output.Annotations)))
                sources.Fault(item.Span, $"the output '{item.Value}' wants another form of the image than '{first.Text}', and a target makes one image", "Give both the same compression and annotations, or make a second target that inherits this one.");
            first ??= output;
        }
        return first is null ? read : read.With(first);
    }

    private TargetOutputs With(ImageOutput first)
    {
        Layers = first.Layers;
        Annotations = first.Annotations;
        return this;
    }

    private ImageOutput? Parse(BakeItem item)
    {
        try
        {
            return ImageOutput.Parse(item.Value, "the output");
        }
        catch (UsageException e)
        {
            sources.Fault(item.Span, e.Message);
            return null;
        }
    }

    private void Add(BakeItem item, ImageOutput output)
    {
        if (output.ByDigest)
            sources.Fault(item.Span, $"the output '{item.Value}': a project is published under its tags", "Take push-by-digest out, or push this image with: manifold build -o …,push-by-digest=true");
        switch (output.Kind)
        {
            case OutputKind.Image:
                IsPushed |= output.Push;
                DockerFormat |= output.DockerFormat;
                Names = [.. Names.Concat(output.Names).Distinct()];
                Warnings.AddRange(output.WithoutEffect.Select(without => $"{sources.PlaceOf(item.Span)}: output '{item.Value}': without effect: {without}."));
                break;
            case OutputKind.CacheOnly:
                break;
            case OutputKind.Docker when output.IsLoad:
                Warnings.Add($"{sources.PlaceOf(item.Span)}: output 'type=docker' loads the image into docker with --load only.");
                break;
            default:
                Files = Files.Add(item.Value);
                break;
        }
    }
}
