using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Projects.Yaml;
using Manifold.Publishing.Referrers;

namespace Manifold.Projects.Bake;

/// <summary>Makes a component of a target, and says what of the target it cannot keep.</summary>
internal sealed class BakeComponent(BakeTarget target, BakeSources sources, ReadingOptions options)
{
    /// <summary>Whether its output says that it is pushed.</summary>
    public bool IsPushed { get; private set; }

    public List<string> Warnings { get; } = [];

    public Component Read(ImmutableHashSet<string> targets)
    {
        Refuse();
        Warn();
        var outputs = TargetOutputs.Read(target, sources);
        var attested = Attested();
        IsPushed = outputs.IsPushed;
        Warnings.AddRange(outputs.Warnings);
        return new Component
        {
            Name = target.Name,
            Place = sources.PlaceOf(target.Span),
            Platforms = [.. Platforms().Select(platform => new ComponentPlatform(platform, Source(targets)))],
            Tags = [.. Tags().Concat(outputs.Names).Distinct()],
            Labels = target.Map("labels"),
            Annotations = [.. target.Items("annotations").SelectMany(item => Annotations(item)), .. outputs.Annotations],
            Outputs = outputs.Files, Layers = outputs.Layers, DockerFormat = outputs.DockerFormat,
            Sbom = attested.Contains(Attestation.Sbom), Provenance = attested.Contains(Attestation.Provenance),
        };
    }

    private BuildSource Source(ImmutableHashSet<string> targets)
    {
        var inline = target.Text("dockerfile-inline");
        return new RunReader(sources.Fault).Apply(Runs(), new BuildSource
        {
            Place = sources.PlaceOf(target.Span),
            ContextFolder = Context(), ContextAddress = BakeContexts.IsRemote(Written) ? Written : null,
            DockerfilePath = inline is null ? DockerfilePath() : null,
            InlineDockerfile = inline,
            Target = target.Text("target") is { Length: > 0 } stage ? stage : null,
            Arguments = target.Map("args"),
            Contexts = Contexts(targets),
            Secrets = target.Texts("secret"), Ssh = target.Texts("ssh"),
            CacheFrom = target.Texts("cache-from"), CacheTo = target.Texts("cache-to"),
            NoCache = target.Flag("no-cache") || target.Items("no-cache-filter").Length > 0,
            Pull = target.Flag("pull"),
        });
    }

    private RunTextsOfFile Runs()
    {
        return new RunTextsOfFile
        {
            Network = Texts("network").FirstOrDefault(), SharedMemory = Texts("shm-size").FirstOrDefault(), Limits = Texts("ulimits"), Entitlements = Texts("entitlements"),
            Hosts = [.. target.Items("extra-hosts").Select(item => new Located($"{item.Name}={item.Value}", sources.PlaceOf(item.Span)))],
        };

        ImmutableArray<Located> Texts(string key) => [.. target.Items(key).Where(item => item.Value.Length > 0).Select(item => new Located(item.Value, sources.PlaceOf(item.Span)))];
    }

    private string Context()
    {
        if (Written == "-")
            sources.Fault(target.Find("context")!.Span, "the context '-' is standard input, which one build alone can have", "Name a folder or an address.");
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
                sources.Fault(item.Span, $"the context '{item.Name}': {wrong}");
            else if (context is SiblingContext sibling && !targets.Contains(sibling.Name))
                sources.Fault(item.Span, $"the context '{item.Name}' is target '{sibling.Name}', which is not there", Suggestion.For(sibling.Name, targets));
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
                sources.Fault(item.Span, $"the tag '{item.Value}' is no image reference with a tag", "Expected [registry/]repository[:tag], in lower case.");
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
                    sources.Fault(item.Span, $"'{name}' is no platform", "Expected os/architecture[/variant], e.g. linux/arm64.");
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

    private HashSet<string> Attested() => Attestation.TypesOf(target.Items("attest").Where(item => item.Value.Length > 0)
        .Select(item => (item.Value, (Action<string>)(message => sources.Fault(item.Span, message)))));

    private void Refuse()
    {
        if (target.Find("policy") is { Items.IsEmpty: false } setting)
            sources.Fault(setting.Span, "'policy' is not available here", "Take it out of the file.");
        if (target.Find("call") is { Text: not ("" or "build") } call)
            sources.Fault(call.Span, $"call '{call.Text}' builds nothing", "To check the Dockerfiles: manifold bake --check");
    }

    /// <summary>What is done otherwise here.</summary>
    private void Warn()
    {
        if (target.Find("no-cache-filter") is { Items.IsEmpty: false } setting)
            Warnings.Add($"{sources.PlaceOf(setting.Span)}: 'no-cache-filter' is taken for no-cache: every stage is built anew.");
    }
}
