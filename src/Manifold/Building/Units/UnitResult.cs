using System.Collections.Immutable;
using System.Text.Json;
using Manifold.Content;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Solving;

namespace Manifold.Building.Units;

/// <summary>The image of a unit, as whoever ran it writes it down.</summary>
/// <remarks>Its JSON is a format: members are added, never renamed.</remarks>
internal sealed record UnitResult
{
    public int Version { get; init; } = UnitRequest.CurrentVersion;

    /// <summary>As in the request.</summary>
    public required string Component { get; init; }

    public required Platform Platform { get; init; }

    /// <summary>The plan that was built.</summary>
    public required Digest Plan { get; init; }

    /// <summary>The platform's manifest.</summary>
    public required Descriptor Manifest { get; init; }

    /// <summary>The layers, lowest first.</summary>
    public required ImmutableArray<UnitLayer> Layers { get; init; }

    /// <summary>The blobs that are in their registry already; empty if none was pushed.</summary>
    public ImmutableArray<UnitPush> Pushed { get; init; } = [];

    /// <summary>The reason why no blob was pushed; null if that was not asked for, or if it succeeded.</summary>
    public string? PushProblem { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, UnitJson.Default.UnitResult);

    /// <exception cref="FormatException">The text is not a unit result, or a newer version's.</exception>
    public static UnitResult Parse(string json) => UnitJson.Read(json, UnitJson.Default.UnitResult, "unit result", unit => unit.Version);

    /// <summary>Returns the image for the index. Reads its documents from the store.</summary>
    /// <exception cref="UnitMismatchException">The result is not the answer to the unit's request.</exception>
    internal BuiltImage ImageOf(Unit unit, Store store)
    {
        Require(unit.Request);
        var steps = unit.Image.Steps.ToDictionary(step => step.Digest);
        if (Layers.FirstOrDefault(layer => !steps.ContainsKey(layer.Step)) is { } foreign)
            throw Mismatch(unit.Request, $"a layer comes from the step {foreign.Step.Short}, which is not in the plan");
        var manifest = Oci.Manifest.Parse(store.ReadDocument(Manifest.Digest));
        if (!manifest.Layers.Select(layer => layer.Digest).SequenceEqual(Layers.Select(layer => layer.Blob.Digest)))
            throw Mismatch(unit.Request, "its layers are not those of its manifest");
        var config = ImageConfig.Parse(store.ReadDocument(manifest.Config.Digest));
        if (!config.RootFs.DiffIds.SequenceEqual(Layers.Select(layer => layer.DiffId)))
            throw Mismatch(unit.Request, "its layers are not those of its config");
        return new BuiltImage(
            Platform, Manifest, [.. Layers.Select(layer => new PublishedLayer(layer.DiffId, layer.Blob, steps[layer.Step]))], config);
    }

    private void Require(UnitRequest request)
    {
        if (Component != request.Component)
            throw Mismatch(request, $"it is for the image '{Component}'");
        if (Platform != request.Platform)
            throw Mismatch(request, $"it is for {Platform}");
        if (Plan != request.Plan)
            throw Mismatch(request, $"it was built from another plan ({Plan.Short} instead of {request.Plan.Short})");
    }

    private static UnitMismatchException Mismatch(UnitRequest request, string why) => new(request, why);
}

/// <summary>A layer of a unit's image.</summary>
/// <param name="Step">The step that made it, or the base step whose image it belongs to.</param>
internal sealed record UnitLayer(Digest DiffId, Descriptor Blob, Digest Step)
{
    /// <summary>The facts of the layer, as a blob where the unit ran; null if the layer itself is to be fetched.</summary>
    public Descriptor? Facts { get; init; }
}

/// <summary>Blobs of a unit's image that are in a repository.</summary>
internal sealed record UnitPush(string Repository, ImmutableArray<Digest> Blobs);

/// <summary>A unit's result does not fit its request.</summary>
internal sealed class UnitMismatchException(UnitRequest request, string why) : ManifoldException(
    $"{(request.Component.Length > 0 ? $"{request.Component}, " : "")}{request.Platform}: the result of this unit does not fit its "
        + $"request: {why}. Build it again with the same version of manifold and the same files.")
{
    public override int ExitCode => 1;
}
