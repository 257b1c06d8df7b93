using System.Collections.Immutable;
using Manifold.Building;
using Manifold.Images.Outputs;
using Manifold.Planning;

namespace Manifold.Cli;

/// <summary>Writes a project's images where the file says they go beside the store.</summary>
internal sealed class BakeOutputs
{
    private readonly OutputWriter writer;
    private readonly ImmutableArray<(string Component, ImageOutput Output)> outputs;

    private BakeOutputs(OutputWriter writer, ImmutableArray<(string Component, ImageOutput Output)> outputs) => (this.writer, this.outputs) = (writer, outputs);

    /// <summary>Reads what the file says, and looks whether all of it can be written: before any work.</summary>
    /// <param name="load">Every image is also handed to docker or podman.</param>
    public static async Task<BakeOutputs> PrepareAsync(OutputTools tools, BakePlan plan, bool load, CancellationToken cancellation)
    {
        var writer = new OutputWriter(tools);
        var found = ImmutableArray.CreateBuilder<(string Component, ImageOutput Output)>();
        foreach (var component in plan.Components.Where(component => component.Node.Asked))
        {
            var asked = component.Node.Component.Outputs.Select(text => WithoutTime(ImageOutput.Parse(text))).ToList();
            var read = asked.Where(output => output is { IsLoad: false, Kind: not (OutputKind.Image or OutputKind.CacheOnly) }).ToList();
            if (load || component.Node.Component.Load)
                read.Add(asked.Find(output => output.IsLoad) ?? ImageOutput.Load);
            else if (asked.Find(output => output.IsLoad) is { } unheeded)
                tools.Warn($"{component.Name}: output '{unheeded.Text}' is skipped, because images are loaded into docker or podman only "
                    + "with --load.");
            if (read.Find(output => output.IsStandardOutput) is { } first)
                throw new UsageException($"{component.Name}: --output '{first.Text}': a project cannot write its images to standard "
                    + "output. Name a file with dest=FILE.");
            await writer.PrepareAsync(read, [.. component.Platforms.Select(platform => platform.Platform)], cancellation);
            found.AddRange(read.Select(output => (component.Name, output)));
        }
        return new BakeOutputs(writer, found.ToImmutable());
    }

    private static ImageOutput WithoutTime(ImageOutput output) => output.Epoch is null ? output : output with
    {
        WithoutEffect =
        [
            .. output.WithoutEffect,
            $"source-date-epoch: set {BuildKitArguments.Epoch} in the args of the image instead",
        ],
    };

    public IEnumerable<ImageOutput> All => outputs.Select(each => each.Output);

    public async Task WriteAsync(BakeResult result, BakeAttachments attachments, CancellationToken cancellation)
    {
        foreach (var (name, output) in outputs)
        {
            if (result.Components.FirstOrDefault(component => component.Name == name) is not { Result: { } built } component)
                continue;
            var beside = output.HoldsAttachments ? await attachments.BesideAsync(component, cancellation) : null;
            var source = new BuiltSource(built.Index, [.. built.Images.Select(image => image.Platform)])
            {
                Attach = beside is null ? null : beside.AttachAsync,
            };
            await writer.WriteAsync(output, source, component.Planned.Node.Component.Tags, cancellation);
        }
    }
}
