using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Projects.ManifoldFile;

/// <summary>Makes the hooks of one image, and of its platforms.</summary>
internal sealed class HookResolver(Surroundings around, NamedImage image)
{
    public ImmutableArray<Hook> Resolve(ImmutableArray<PlatformChoice> platforms) =>
    [
        .. (image.Settings.Before ?? []).SelectMany(hook => hook.PerPlatform
            ? platforms.Select(choice => Hook(hook, choice.Settings, choice.Platform, told: true))
            : [Hook(hook, new ImageSettings(), hook.Platform, told: false)]),
        .. platforms.SelectMany(
            choice => (choice.Settings.Before ?? []).Select(hook => Hook(hook, choice.Settings, choice.Platform, hook.PerPlatform))),
    ];

    /// <param name="told">The command learns its platform from the environment.</param>
    private Hook Hook(HookSettings hook, ImageSettings platform, Platform? of, bool told)
    {
        var environment = told ? Target(of!) : ImmutableSortedDictionary<string, string>.Empty;
        var context = (platform.Context ?? image.Settings.Context)?.Text ?? ".";
        return new Hook
        {
            Command = hook.Command,
            Folder = around.Paths.Absolute(hook.Folder?.Text ?? context),
            Inputs = hook.Inputs,
            Outputs = hook.Outputs,
            Platform = of,
            Place = hook.Place,
            Environment = environment.SetItems(SourceResolver.Table(hook.Environment, around.Options.Environment.GetValueOrDefault)),
        };
    }

    /// <summary>The names that a Dockerfile knows them by.</summary>
    private static ImmutableSortedDictionary<string, string> Target(Platform platform) => new Dictionary<string, string>
    {
        ["TARGETPLATFORM"] = platform.ToString(),
        ["TARGETOS"] = platform.Os,
        ["TARGETARCH"] = platform.Architecture,
        ["TARGETVARIANT"] = platform.Variant ?? "",
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);
}
