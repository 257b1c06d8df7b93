using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Manifold.Reporting.Pages;

/// <summary>The values for a template of the same name: <c>LayerSizes</c> is drawn by <c>templates/layer-sizes.html</c>.</summary>
internal abstract record Piece;

/// <summary>The members of all models by name. No JSON is written: this is reflection that trimming and Native AOT allow.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AdviceList))]
[JsonSerializable(typeof(BaseImages))]
[JsonSerializable(typeof(Change))]
[JsonSerializable(typeof(CheckCommands))]
[JsonSerializable(typeof(DifferingConfigs))]
[JsonSerializable(typeof(DifferingSteps))]
[JsonSerializable(typeof(DigestButton))]
[JsonSerializable(typeof(FoldedImages))]
[JsonSerializable(typeof(Hooks))]
[JsonSerializable(typeof(ImageDetails))]
[JsonSerializable(typeof(IndexTree))]
[JsonSerializable(typeof(LayerSizes))]
[JsonSerializable(typeof(NodeWork))]
[JsonSerializable(typeof(Overview))]
[JsonSerializable(typeof(PageFrame))]
[JsonSerializable(typeof(Pairs))]
[JsonSerializable(typeof(Parity))]
[JsonSerializable(typeof(PlatformTable))]
[JsonSerializable(typeof(PullCommands))]
[JsonSerializable(typeof(ReportBody))]
[JsonSerializable(typeof(ReportHead))]
[JsonSerializable(typeof(ReproducibilityBody))]
[JsonSerializable(typeof(StageMatrix))]
[JsonSerializable(typeof(TextOrDash))]
[JsonSerializable(typeof(Timeline))]
[JsonSerializable(typeof(Transfers))]
[JsonSerializable(typeof(VerificationResults))]
[JsonSerializable(typeof(WarningList))]
[JsonSerializable(typeof(WastedBytes))]
[JsonSerializable(typeof(WayLegend))]
internal sealed partial class PageModels : JsonSerializerContext
{
    /// <summary>The member of a model with this name; null if there is none.</summary>
    public static JsonPropertyInfo? Find(Type model, string name) =>
        Default.GetTypeInfo(model)?.Properties.FirstOrDefault(property => property.Name == name);
}
