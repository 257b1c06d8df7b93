using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Parsing;
using Manifold.Oci;
using Manifold.Planning;

namespace Manifold.Tests.Planning;

/// <summary>A case of <c>cases/plans</c>: a Dockerfile and a request. <c>cases/plan-bases</c> takes the place of a registry.</summary>
internal sealed class PlanCase(string name)
{
    private static readonly Lazy<ImmutableArray<(ImageReference Reference, JsonObject Configs)>> Known =
        new(() => [.. Cases.Names("plan-bases").Select(ReadBase)]);

    public static IEnumerable<string> Names => Cases.Names("plans");

    public string File(string file) => Path.Combine(Cases.Folder("plans"), name, file);

    public BuildPlan Plan()
    {
        var request = ReadRequest();
        var tree = DockerfileParser.Parse("Dockerfile", System.IO.File.ReadAllText(File("Dockerfile"))).OrThrow();
        var planner = new Planner(tree, request);
        var bases = planner.Needs.ToImmutableDictionary(need => (need.Reference, need.Platform), Resolve);
        while (planner.NeedsBesides(bases) is { IsEmpty: false } more)
            bases = bases.AddRange(more.Select(need => KeyValuePair.Create((need.Reference, need.Platform), Resolve(need))));
        return planner.Plan(bases);
    }

    /// <summary>A base with a made-up manifest: the plan reads its digest and its config.</summary>
    private static BaseImage Resolve(BaseNeed need)
    {
        var configs = Known.Value.FirstOrDefault(known => known.Reference == need.Reference).Configs
            ?? throw new InvalidOperationException($"cases/plan-bases has no {need.Reference}.");
        var config = ImageConfig.Parse(Encoding.UTF8.GetBytes(configs[need.Platform.ToString()]!.ToJsonString()));
        var blob = new Descriptor { MediaType = MediaType.Config, Digest = Digest.Of(config.ToJson()), Size = config.ToJson().Length };
        var manifest = new Manifest { Config = blob, Layers = [] };
        var document = manifest.ToJson();
        var descriptor = new Descriptor { MediaType = MediaType.Manifest, Digest = Digest.Of(document), Size = document.Length };
        return new BaseImage(need.Reference, need.Platform, descriptor, manifest, config);
    }

    private static (ImageReference, JsonObject) ReadBase(string name)
    {
        var folder = Path.Combine(Cases.Folder("plan-bases"), name);
        var reference = Path.Combine(folder, "reference");
        var text = System.IO.File.Exists(reference) ? System.IO.File.ReadAllText(reference).Trim() : $"localhost:5001/plans/{name}:1";
        return (ImageReference.Parse(text), Json(Path.Combine(folder, "configs.json")));
    }

    private BuildRequest ReadRequest()
    {
        var json = System.IO.File.Exists(File("request.json")) ? Json(File("request.json")) : [];
        return BuildKitArguments.Applied(new BuildRequest
        {
            ContextFolder = "/context",
            BuildPlatform = Platform.Parse("linux/amd64"),
            Platforms = [.. Texts(json, "platforms").DefaultIfEmpty("linux/amd64").Select(Platform.Parse)],
            Target = (string?)json["target"],
            BuildArguments = Pairs(json, "args"),
            Labels = Pairs(json, "labels"),
            Contexts = Pairs(json, "contexts")
                .ToImmutableSortedDictionary(pair => pair.Key, pair => Context(pair.Value), StringComparer.Ordinal),
            Run = new RunSettings
            {
                Secrets = [.. Texts(json, "secrets").Select(id => new Secret(id, Encoding.UTF8.GetBytes("not in any plan")))],
                Agents = [.. Texts(json, "ssh").Select(id => new SshAgent(id))],
                Network = (string?)json["network"] == "none" ? RunNetwork.None : RunNetwork.Default,
                AllowHostNetwork = Texts(json, "allow").Contains(RunSettings.HostNetwork),
                AllowInsecure = Texts(json, "allow").Contains(RunSettings.Insecure),
            },
        });
    }

    private static NamedContext Context(string text) =>
        text == "folder" ? new FolderContext("/named") : ContextText.Parse(text, "/", out _)!;

    private static JsonObject Json(string file) => JsonNode.Parse(System.IO.File.ReadAllText(file))!.AsObject();

    private static IEnumerable<string> Texts(JsonObject json, string member) =>
        json[member]?.AsArray().Select(item => (string)item!) ?? [];

    private static ImmutableSortedDictionary<string, string> Pairs(JsonObject json, string member) =>
        json[member]?.AsObject().ToImmutableSortedDictionary(pair => pair.Key, pair => (string)pair.Value!, StringComparer.Ordinal)
        ?? ImmutableSortedDictionary<string, string>.Empty;
}
