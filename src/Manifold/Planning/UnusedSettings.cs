using Manifold.Dockerfile;

namespace Manifold.Planning;

/// <summary>What a request says and a Dockerfile has no use for: mostly mistyped names.</summary>
internal static class UnusedSettings
{
    /// <summary>
    /// A sentence for each build argument that no ARG declares, and no ONBUILD of a base may declare, and for each stage that is not there.
    /// </summary>
    public static IEnumerable<string> Of(DockerfileTree tree, BuildRequest request, IEnumerable<BaseImage> bases) =>
        Stages(tree, request).Concat(Arguments(tree, request, bases));

    private static IEnumerable<string> Stages(DockerfileTree tree, BuildRequest request)
    {
        var names = tree.Stages.Select(stage => stage.Name ?? $"stage-{stage.Index}").ToList();
        return request.NoCacheFilter.Where(name => !names.Contains(name, StringComparer.OrdinalIgnoreCase))
            .Select(name => $"--no-cache-filter {name}: the Dockerfile has no such stage. "
                + (Suggestion.For(name, names) ?? $"It has: {string.Join(", ", names)}."));
    }

    private static IEnumerable<string> Arguments(DockerfileTree tree, BuildRequest request, IEnumerable<BaseImage> bases)
    {
        if (request.BuildArguments.IsEmpty || bases.Any(image => image.Config.Config?.OnBuild is { IsDefaultOrEmpty: false }))
            yield break;
        var instructions = tree.Instructions.Select(each => each is OnbuildInstruction later ? later.Trigger : each);
        var declared = tree.GlobalArguments.Concat(instructions.OfType<ArgInstruction>()).SelectMany(arg => arg.Arguments)
            .Select(argument => argument.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var name in request.BuildArguments.Keys.Where(name => !declared.Contains(name) && !IsBuilders(name)))
            yield return $"--build-arg {name}: no ARG in {tree.FileName} declares it, so it has no effect. "
                + (Suggestion.For(name, declared) ?? $"To use it, add: ARG {name}");
    }

    /// <summary>Arguments that speak to the builder, and those that need no ARG.</summary>
    private static bool IsBuilders(string name) =>
        name.StartsWith("BUILDKIT_", StringComparison.Ordinal)
        || name is BuildKitArguments.Epoch or Dockerfile.PlatformArguments.Stage
        || PredefinedArguments.IsProxy(name)
        || Dockerfile.PlatformArguments.Names.Contains(name);
}
