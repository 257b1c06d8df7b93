using System.Collections.Immutable;
using System.CommandLine;
using Manifold.Building.Recording;
using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Registry;
using Manifold.Reporting.Comparing;

namespace Manifold.Cli;

/// <summary><c>manifold compare</c>: two images wherever they are, or two builds.</summary>
internal static class CompareCommand
{
    public static Command Create(CliContext context)
    {
        var a = new Argument<string>("A")
        {
            Description = $"An image or a build. For an image: {Locations.Help} A REFERENCE without a prefix is searched in the local "
                + "store first. For a build: its ID, or 'latest'.",
        };
        var b = new Argument<string>("B") { Description = "The image or build to compare the first one with." };
        var json = new Option<bool>("--json") { Description = "Print all differences as JSON." };
        var command = new Command("compare", "Compare two images or two builds. Shows differences in packages, files, configuration and "
            + "sizes. For builds, also shows times.") { a, b, json };
        var access = RegistryAccess.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            using var store = context.OpenStore();
            using var inUse = await store.LockSharedAsync(cancellation: cancellation);
            using var client = access.Open(context, parsed);
            var comparing = new Comparing(store, client);
            var (nameA, nameB) = (parsed.GetRequiredValue(a), parsed.GetRequiredValue(b));
            var (recordA, recordB) = (comparing.Builds.TryFind(nameA), comparing.Builds.TryFind(nameB));
            if (recordA is null != recordB is null)
                throw new UsageException($"'{(recordA is null ? nameB : nameA)}' is a build, but '{(recordA is null ? nameA : nameB)}' is "
                    + "not. Compare two builds or two images. To list the builds, run: manifold builds");
            if (recordA is not null)
            {
                var builds = await comparing.OfBuildsAsync(recordA, recordB!, cancellation);
                await context.Out.WriteAsync(parsed.GetValue(json) ? ComparisonJson.Write(builds) + "\n"
                    : ComparisonTable.Render(builds, context.OutWidth));
                return;
            }
            var images = await comparing.OfImagesAsync(Locations.Parse(nameA), Locations.Parse(nameB), cancellation);
            await context.Out.WriteAsync(parsed.GetValue(json) ? ComparisonJson.Write(images) + "\n"
                : ComparisonTable.Render(images, context.OutWidth));
        });
        return command;
    }

    private sealed class Comparing(Store store, RegistryClient client)
    {
        private readonly ComparedImages images = new();

        public RecordedBuilds Builds { get; } = new(store);

        public async Task<ImageComparison> OfImagesAsync(ImageLocation a, ImageLocation b, CancellationToken cancellation)
        {
            var sources = new ImageSources(store, client);
            await using var sourceA = sources.OpenStored(a);
            await using var sourceB = sources.OpenStored(b);
            return await CompareAsync(sourceA, a.ToString(), sourceB, b.ToString(), cancellation);
        }

        public async Task<BuildComparison> OfBuildsAsync(BuildRecord a, BuildRecord b, CancellationToken cancellation)
        {
            var pairs = a.Components.Join(b.Components, image => image.Name, image => image.Name, (one, other) => (A: one, B: other))
                .Where(pair => IsHere(pair.A) && IsHere(pair.B) && pair.A.Index!.Digest != pair.B.Index!.Digest);
            var compared = ImmutableArray.CreateBuilder<ImageComparison>();
            foreach (var (one, other) in pairs)
            {
                await using var sourceA = Open(one);
                await using var sourceB = Open(other);
                compared.Add(await CompareAsync(sourceA, $"{one.Title} of {a.Id}", sourceB, $"{other.Title} of {b.Id}", cancellation));
            }
            return BuildComparison.Of(a, b) with { Images = compared.ToImmutable() };
        }

        private async Task<ImageComparison> CompareAsync(
            IImageSource a, string nameA, IImageSource b, string nameB, CancellationToken cancellation) =>
            ImageComparison.Of(nameA, await images.ReadAsync(a, cancellation), nameB, await images.ReadAsync(b, cancellation));

        private bool IsHere(RecordedComponent image) => image.Index is { } index && store.Contains(index.Digest);

        private StoreSource Open(RecordedComponent image) =>
            new(store, client, ImageReference.Parse("build").WithDigest(image.Index!.Digest), image.Index);
    }
}
