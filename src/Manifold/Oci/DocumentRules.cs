using System.Collections.Immutable;

namespace Manifold.Oci;

/// <summary>
/// The rules for foreign documents that a type cannot express:
/// no null in a list or map, no impossible size, no zero byte that the kernel rejects.
/// </summary>
/// <remarks>
/// Checked once, when a document is parsed: a <see cref="Manifest"/>, an <see cref="ImageIndex"/> or an <see cref="ImageConfig"/> needs no
/// other check. Every method throws a <see cref="DocumentException"/>.
/// </remarks>
internal static class DocumentRules
{
    public static ImageIndex Checked(ImageIndex index)
    {
        const string noun = "image index";
        Check(index.Manifests.IsDefault, noun, "it has no list of manifests");
        foreach (var entry in index.Manifests)
            Check(entry, noun, "one of its entries");
        CheckSubject(index.Subject, noun);
        CheckValues(index.Annotations, noun, "annotations");
        return index;
    }

    public static Manifest Checked(Manifest manifest)
    {
        const string noun = "image manifest";
        Check(manifest.Layers.IsDefault, noun, "it has no list of layers");
        Check(manifest.Config, noun, "its config");
        foreach (var layer in manifest.Layers)
            Check(layer, noun, "one of its layers");
        CheckSubject(manifest.Subject, noun);
        CheckValues(manifest.Annotations, noun, "annotations");
        return manifest;
    }

    public static ImageConfig Checked(ImageConfig image)
    {
        const string noun = "image config";
        CheckPlatform(noun, image.Os, image.Architecture, image.Variant, image.OsVersion);
        CheckTexts(image.OsFeatures, noun, "os.features");
        Check(image.History is { IsDefault: false } history && history.Any(step => step is null), noun, "'history' contains null");
        if (image.Config is not { } config)
            return image;
        CheckArguments(config.Env, noun, "Env");
        CheckArguments(config.Entrypoint, noun, "Entrypoint");
        CheckArguments(config.Cmd, noun, "Cmd");
        CheckArguments(config.Shell, noun, "Shell");
        CheckArguments(config.OnBuild, noun, "OnBuild");
        CheckArguments(config.Healthcheck?.Test, noun, "Healthcheck.Test");
        CheckArguments([.. config.Volumes?.Keys ?? []], noun, "Volumes");
        foreach (var (name, value) in new[] { ("WorkingDir", config.WorkingDir), ("User", config.User), ("StopSignal", config.StopSignal) })
            Check(value?.Contains('\0', StringComparison.Ordinal) is true, noun, $"'{name}' contains a zero byte");
        CheckValues(config.Labels, noun, "Labels");
        return image;
    }

    public static Descriptor Checked(Descriptor descriptor)
    {
        Check(descriptor, "descriptor", "it");
        return descriptor;
    }

    private static void CheckSubject(Descriptor? subject, string noun)
    {
        if (subject is not null)
            Check(subject, noun, "its subject");
    }

    private static void Check(Descriptor? descriptor, string noun, string which)
    {
        Check(descriptor is null, noun, $"{which} is null");
        Check(descriptor!.Size is < 0 or > Limits.ContentBytes, noun, $"{which} has the impossible size {descriptor.Size}");
        CheckValues(descriptor.Annotations, noun, "annotations");
        CheckTexts(descriptor.Urls, noun, "urls");
        if (descriptor.Platform is not { } platform)
            return;
        CheckPlatform(noun, platform.Os, platform.Architecture, platform.Variant, platform.OsVersion);
        CheckTexts(platform.OsFeatures, noun, "os.features");
    }

    /// <summary>Platforms become names of files and columns of tables.</summary>
    private static void CheckPlatform(string noun, params ReadOnlySpan<string?> parts)
    {
        foreach (var part in parts)
            Check(part is not null && part.Any(char.IsControl), noun, "its platform contains a control character");
    }

    private static void CheckTexts(ImmutableArray<string>? texts, string noun, string name) =>
        Check(texts is { IsDefault: false } some && some.Any(text => text is null), noun, $"'{name}' contains null");

    /// <summary>Checks texts that become arguments, variables or file names: the kernel ends them at a zero byte.</summary>
    private static void CheckArguments(ImmutableArray<string>? texts, string noun, string name)
    {
        CheckTexts(texts, noun, name);
        Check(texts is { IsDefault: false } some && some.Any(text => text.Contains('\0', StringComparison.Ordinal)),
            noun, $"'{name}' contains a zero byte");
    }

    private static void CheckValues(ImmutableSortedDictionary<string, string>? map, string noun, string name) =>
        Check(map is not null && map.Values.Any(value => value is null), noun, $"'{name}' contains null");

    private static void Check(bool wrong, string noun, string what)
    {
        if (wrong)
            throw new DocumentException($"This is not a valid {noun}: {what}.");
    }
}
