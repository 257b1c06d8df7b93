using System.Collections.Immutable;
using Manifold.Building.Recording;
using Manifold.Images.Outputs;
using Manifold.Projects;
using Manifold.Projects.Locking;
using Manifold.Publishing;
using Manifold.Publishing.Signing;

namespace Manifold.Building;

/// <summary>Everything that a builder is asked to do with a project of one image or of many.</summary>
internal sealed record BuildOrder(Project Project, GraphOptions Graph)
{
    /// <summary>The heading of the build's record.</summary>
    public required BuildHeading Heading { get; init; }

    /// <summary>The publication; null publishes nothing. An empty list of targets means each image's own tags.</summary>
    public PublicationRequest? Push { get; init; }

    /// <summary>Whether to finish what can be finished after a failure.</summary>
    public bool KeepGoing { get; init; }

    /// <summary>The pins of outside images and sources; null if nothing is pinned.</summary>
    public LockUse? Lock { get; init; }

    /// <summary>The number of RUNs that work at a time.</summary>
    public required int Jobs { get; init; }

    /// <summary>Whether <see cref="Jobs"/> also limits RUNs that only wait.</summary>
    public bool JobsAreLimit { get; init; }

    /// <summary>The other machines that build, too; none if only this one builds.</summary>
    public ImmutableArray<NodeSettings> Nodes { get; init; } = [];

    /// <summary>Whether this machine may emulate platforms that no node executes natively.</summary>
    public bool AllowsEmulation { get; init; } = true;

    /// <summary>Whether this machine is as good as the nodes for what it executes natively. Otherwise, the nodes come first.</summary>
    public bool SharesWork { get; init; }

    public OutputOrder Outputs { get; init; } = new();

    public DocumentOrder Documents { get; init; } = new();

    /// <summary>
    /// Whether the order only plans. A plan shows what is right although something else is wrong, and asks registries for more.
    /// </summary>
    public bool PlansOnly { get; init; }

    /// <summary>Returns the order for a single image, whose RUNs take all processors.</summary>
    internal static BuildOrder Of(Project image, BuildHeading heading) =>
        new(image, new GraphOptions { LayoutReference = _ => throw new InvalidOperationException("Contexts of a request are resolved.") })
        {
            Heading = heading,
            // More busy RUNs than processors would only fight for memory.
            Jobs = Math.Max(2, Environment.ProcessorCount),
        };
}

/// <summary>The places beside the store and the registries that images are written to.</summary>
internal sealed record OutputOrder
{
    /// <summary>The outputs of every image; null takes those of the project's file.</summary>
    public ImmutableArray<ImageOutput>? Given { get; init; }

    /// <summary>Whether every image is also loaded into docker or podman.</summary>
    public bool Load { get; init; }

    /// <summary>The environment that docker and podman run in.</summary>
    public ImmutableSortedDictionary<string, string> Environment { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Opens standard output for bytes. The stream is not disposed.</summary>
    public Func<Stream> OpenStandardOutput { get; init; } = () => Stream.Null;

    /// <summary>Receives a sentence for each place that was written.</summary>
    public Action<string> Tell { get; init; } = _ => { };
}

/// <summary>The documents and signatures to attach to every image, besides what the project's file says.</summary>
internal sealed record DocumentOrder
{
    /// <summary>False attaches no SBOM; null leaves it to the project's file.</summary>
    public bool? Sbom { get; init; }

    /// <summary>False attaches no provenance; null leaves it to the project's file.</summary>
    public bool? Provenance { get; init; }

    /// <summary>Whether provenance leaves out the values of build arguments; null leaves it to the project's file.</summary>
    public bool? IsMinimal { get; init; }

    /// <summary>Signs every image and its platforms; null signs nothing. Not disposed.</summary>
    public SigningKey? Key { get; init; }

    /// <summary>Throws if nothing is published and none of these outputs can store what is asked for.</summary>
    public Action<IEnumerable<ImageOutput>> RequirePlace { get; init; } = _ => { };
}
