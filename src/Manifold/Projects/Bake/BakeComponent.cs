using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects.Targets;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.Bake;

/// <summary>Makes a component of a target, and says what of the target it cannot keep.</summary>
/// <param name="sources">Where faults go that bake has as well.</param>
/// <param name="hindrances">Where those go that only matter to who builds: bake prints such a target.</param>
internal sealed class BakeComponent(BakeTarget target, BakeSources sources, BakeSources hindrances, ReadingOptions options)
{
    public List<string> Warnings { get; } = [];

    public Component Read(ImmutableHashSet<string> targets)
    {
        Refuse();
        var outputs = ComponentOutputs.Read(Texts("output"), hindrances.Fault);
        var attestations = FileAttestations.Read(Texts("attest"), (place, message) => sources.Fault(place, message));
        var component = outputs.Applied(new Component
        {
            Name = target.Name,
            Place = sources.PlaceOf(target.Span),
            Platforms = [.. Platforms().Select(platform => new ComponentPlatform(platform, Source(targets)))],
            IsForThisMachine = target.Items("platforms").All(item => item.Value.Length == 0),
            IsChecked = target.Text("call") is "check" or "lint",
            Tags = [.. Tags().Distinct()],
            Labels = target.Map("labels"),
            Annotations = [.. target.Items("annotations").Where(item => item.Value.Length > 0).SelectMany(item => Annotations(item))],
            Sbom = attestations.Sbom,
            Provenance = attestations.Provenance,
            AttestTexts = target.Texts("attest"),
        });
        Warnings.AddRange([.. outputs.Warnings, .. attestations.Warnings.Select(warning => $"{warning.Place}: {warning.Text}")]);
        return component;
    }

    private BuildSource Source(ImmutableHashSet<string> targets)
    {
        var inline = target.Text("dockerfile-inline");
        return new RunReader((place, message) => sources.Fault(place, message)).Apply(Runs(), new BuildSource
        {
            Place = sources.PlaceOf(target.Span),
            ContextFolder = Context(),
            ContextAddress = BakeContexts.IsRemote(Written) ? Written : null,
            DockerfilePath = inline is null ? DockerfilePath() : null,
            InlineDockerfile = inline,
            Target = target.Text("target") is { Length: > 0 } stage ? stage : null,
            Arguments = target.Map("args"),
            Contexts = Contexts(targets),
            Secrets = target.Texts("secret"),
            Ssh = target.Texts("ssh"),
            CacheFrom = Caches("cache-from"),
            CacheTo = Caches("cache-to"),
            NoCache = target.Flag("no-cache"),
            NoCacheFilter = target.Texts("no-cache-filter"),
            Pull = target.Flag("pull"),
        });
    }

    /// <summary>Names of images may share one text: <c>app:cache,app:main</c>.</summary>
    private ImmutableArray<string> Caches(string key) =>
        [.. target.Texts(key).SelectMany(text => text.Contains('=', StringComparison.Ordinal) ? [text] : text.Split(',')).Distinct()];

    private RunTextsOfFile Runs() => new()
    {
        Network = Texts("network").FirstOrDefault(),
        SharedMemory = Texts("shm-size").FirstOrDefault(),
        Limits = Texts("ulimits"),
        Entitlements = Texts("entitlements"),
        Hosts = [.. target.Items("extra-hosts").SelectMany(item => item.Value
            .Split(',')
            .Select(address => new Located($"{item.Name}={address}", sources.PlaceOf(item.Span))))],
    };

    private ImmutableArray<Located> Texts(string key) =>
        [.. target.Items(key).Where(item => item.Value.Length > 0).Select(item => new Located(item.Value, sources.PlaceOf(item.Span)))];

    private string Context()
    {
        if (Written == "-")
            sources.Fault(target.Find("context")!.Span, "the context '-' (standard input) is not supported in a bake file",
                "Use a folder or an address.");
        return BakeContexts.IsRemote(Written) ? "/" : BakeContexts.FolderOf(Written, options);
    }

    private string Written => target.Text("context") is { Length: > 0 } given ? given : ".";

    /// <summary>It starts from the context, unless it says otherwise.</summary>
    private string? DockerfilePath() => target.Text("dockerfile") is not { Length: > 0 } written ? null
        : ProjectPaths.In(options).Shown(written.StartsWith(BakeContexts.WorkingFolder, StringComparison.Ordinal)
            ? BakeContexts.FolderOf(written, options) : Path.GetFullPath(Path.Combine(Context(), written)));

    private ImmutableSortedDictionary<string, NamedContext> Contexts(ImmutableHashSet<string> targets)
    {
        var contexts = ImmutableSortedDictionary.CreateBuilder<string, NamedContext>(StringComparer.Ordinal);
        foreach (var item in target.Items("contexts").Where(item => item.Value.Length > 0))
        {
            if (BakeContexts.Parse(item.Value, options, out var wrong) is not { } context)
                hindrances.Fault(item.Span, $"the context '{item.Name}': {wrong}");
            else if (context is SiblingContext sibling && !targets.Contains(sibling.Name))
                sources.Fault(item.Span, $"the context '{item.Name}' refers to target '{sibling.Name}', which does not exist",
                    Suggestion.For(sibling.Name, targets));
            else
                contexts[item.Name!] = context;
        }
        return contexts.ToImmutable();
    }

    private IEnumerable<ImageReference> Tags()
    {
        foreach (var item in target.Items("tags").Where(item => item.Value.Length > 0))
        {
            if (ImageReference.TryParse(item.Value, out var reference) && reference.Tag is not null && reference.Digest is null)
                yield return reference;
            else
                hindrances.Fault(item.Span, $"the tag '{item.Value}' is not a valid image reference with a tag",
                    "Expected [registry/]repository[:tag], in lower case.");
        }
    }

    private ImmutableArray<Platform> Platforms()
    {
        var found = ImmutableArray.CreateBuilder<Platform>();
        foreach (var item in target.Items("platforms"))
        {
            foreach (var name in item.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            {
                if (name == "local")
                    found.Add(options.DefaultPlatform);
                else if (Platform.TryParse(name, out var platform))
                    found.Add(platform);
                else
                    sources.Fault(item.Span, $"'{name}' is not a platform", "Expected os/architecture[/variant], for example linux/arm64.");
            }
        }
        return found.Count == 0 ? [options.DefaultPlatform] : [.. found.Distinct()];
    }

    private ImmutableArray<Annotation> Annotations(BakeItem item)
    {
        try
        {
            return Annotation.Parse(item.Value);
        }
        catch (FormatException e)
        {
            sources.Fault(item.Span, e.Message);
            return [];
        }
    }

    /// <summary>What bake can do and is done with another command here.</summary>
    private void Refuse()
    {
        if (target.Find("call") is { Items: not [] } call && call.Text is not ("" or "build"))
            hindrances.Fault(call.Span, $"call '{call.Text}' does not build an image", call.Text is "check" or "lint"
                ? $"To check the Dockerfile: manifold bake {target.Name} --check" : "To see what a build would do: manifold bake --plan");
    }
}
