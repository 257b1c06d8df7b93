using Manifold.Content;
using Manifold.Images;
using Manifold.Projects;
using Manifold.Registry;

namespace Manifold.Cli;

/// <summary>Writes a project's images where the file says they go beside the store.</summary>
internal sealed class BakeOutputs(Store store, RegistryClient registry)
{
    public async Task WriteAsync(BakeResult result, CancellationToken cancellation)
    {
        foreach (var component in result.Components.Where(component => component is { Result: not null, Planned.Node.Asked: true }))
        foreach (var output in component.Planned.Node.Component.Outputs.Select(OutputTarget.Parse))
            await WriteAsync(component, output, cancellation);
    }

    private async Task WriteAsync(BakedComponent component, OutputTarget output, CancellationToken cancellation)
    {
        var tags = component.Planned.Node.Component.Tags;
        await using var source = StoreSource.OfBuilt(store, registry, tags, component.Result!.Index);
        await output.WriteAsync(source, tags, cancellation);
    }
}
