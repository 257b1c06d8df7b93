using Manifold.Dockerfile;
using Manifold.Images.Outputs;
using Manifold.Oci;
using Manifold.Projects.Yaml;

namespace Manifold.Projects;

/// <summary>What a component's outputs ask for: files, a publication, and the one form in which its image is made.</summary>
/// <remarks>Pushing is the project's, and an output that keeps the image nowhere adds nothing. Wrong outputs are faults where they
/// stand.</remarks>
internal sealed class ComponentOutputs
{
    private readonly Action<Place, string, string?> fault;
    private readonly List<string> texts = [];
    private readonly List<ImageReference> names = [];
    private ImageOutput? form;
    private bool isPushed;
    private bool dockerFormat;

    private ComponentOutputs(Action<Place, string, string?> fault) => this.fault = fault;

    /// <summary>What is done otherwise here, a sentence each.</summary>
    public List<string> Warnings { get; } = [];

    public static ComponentOutputs Read(IEnumerable<Located> outputs, Action<Place, string, string?> fault)
    {
        var read = new ComponentOutputs(fault);
        foreach (var text in outputs.Where(output => output.Text.Length > 0))
        {
            read.texts.Add(text.Text);
            if (read.Parse(text) is { } output)
                read.Add(text, output);
        }
        return read;
    }

    /// <summary>The component with these outputs instead of others.</summary>
    public Component Applied(Component component) => component with
    {
        Outputs = [.. texts],
        Tags = [.. component.Tags.Concat(names).Distinct()],
        IsPushed = isPushed,
        DockerFormat = dockerFormat,
        Layers = form?.Layers,
        Annotations = [.. component.Annotations.Concat(form?.Annotations ?? []).Distinct()],
    };

    /// <summary>Where outputs say that something is published, the project is, and nothing but that.</summary>
    public static Project Settled(Project project) => !project.Components.Any(component => component.IsPushed) ? project
        : project with { Push = true, Components = [.. project.Components.Select(Published)] };

    private static Component Published(Component component) => component with { Publish = component.Publish && component.IsPushed };

    private ImageOutput? Parse(Located text)
    {
        try
        {
            return ImageOutput.Parse(text.Text, "the output");
        }
        catch (UsageException e)
        {
            fault(text.Place, e.Message, null);
            return null;
        }
    }

    private void Add(Located text, ImageOutput output)
    {
        if (output.ByDigest)
            fault(text.Place, $"the output '{text.Text}': a project is published by tag, not by digest",
                "Remove push-by-digest, or push this image with: manifold build -o …,push-by-digest=true");
        if (output.Kind is OutputKind.Image or OutputKind.Docker)
            names.AddRange(output.Names);
        if (output.Kind == OutputKind.Image)
        {
            isPushed |= output.Push;
            dockerFormat |= output.DockerFormat;
            Warnings.AddRange(output.WithoutEffect.Select(without => $"{text.Place}: output '{text.Text}': no effect: {without}."));
        }
        if (output.Kind is OutputKind.Image or OutputKind.Oci)
            Form(text, output);
    }

    private void Form(Located text, ImageOutput output)
    {
        if (form is not null && (form.Layers != output.Layers || !form.Annotations.SequenceEqual(output.Annotations)))
            fault(text.Place, $"the output '{text.Text}' needs a different form of the image than '{form.Text}', but a target creates "
                + "only one image",
                "Use the same compression and annotations for both, or add a second target that inherits from this one.");
        form ??= output;
    }
}
