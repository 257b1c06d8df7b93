using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Manifold.Dockerfile;
using Manifold.Dockerfile.Parsing;
using Manifold.Images;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Registry;
using Manifold.Text;

namespace Manifold.Fuzz;

/// <summary>All that is done with an image's documents once they are there: parse, write, add up, show, plan a build on it.</summary>
public static class DocumentTarget
{
    private const string Hex = "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a";
    private const string Dockerfile =
        "FROM base\nENV a=$PATH:$HOME\nWORKDIR x\nRUN a\nCOPY a b\nLABEL c=d\nVOLUME e\nUSER f\nHEALTHCHECK --interval=3s CMD g\n"
            + "STOPSIGNAL 9\n";

    private static readonly DockerfileTree Tree = DockerfileParser.Parse("Dockerfile", Encoding.UTF8.GetBytes(Dockerfile)).Tree;

    /// <summary>One of each, with every member that there is.</summary>
    internal static ImmutableArray<byte[]> Corpus { get; } =
    [
        .. new[]
        {
            $$$"""{"schemaVersion":2,"mediaType":"{{{MediaType.Index}}}","manifests":[{"mediaType":"{{{MediaType.Manifest}}}","digest":"sha256:{{{Hex}}}","size":7143,"platform":{"architecture":"arm","os":"linux","variant":"v7","os.version":"1","os.features":["a"]},"annotations":{"a":"b"},"urls":["https://a/b"],"data":"e30=","artifactType":"a/b"},{"mediaType":"{{{MediaType.DockerIndex}}}","digest":"sha256:{{{Hex}}}","size":1}],"subject":{"mediaType":"{{{MediaType.Index}}}","digest":"sha256:{{{Hex}}}","size":2},"annotations":{"org.opencontainers.image.created":"2026-01-01T00:00:00Z"},"artifactType":"a/b"}""",
            $$$"""{"schemaVersion":2,"mediaType":"{{{MediaType.Manifest}}}","config":{"mediaType":"{{{MediaType.Config}}}","digest":"sha256:{{{Hex}}}","size":7023},"layers":[{"mediaType":"{{{MediaType.LayerGzip}}}","digest":"sha256:{{{Hex}}}","size":32654},{"mediaType":"{{{MediaType.LayerZstd}}}","digest":"sha256:{{{Hex[..63]}}}b","size":16724}],"subject":{"mediaType":"{{{MediaType.Manifest}}}","digest":"sha256:{{{Hex}}}","size":7682},"annotations":{"a":"b"}}""",
            $$$"""{"created":"2026-10-31T22:22:56.015925234Z","author":"A","architecture":"amd64","variant":"v2","os":"linux","os.version":"1","os.features":["a"],"config":{"User":"alice","ExposedPorts":{"8080/tcp":{}},"Env":["PATH=/bin","FOO=oci_is_a"],"Entrypoint":["/bin/a"],"Cmd":["--b"],"Volumes":{"/var/x":{}},"WorkingDir":"/home/alice","Labels":{"a":"b"},"StopSignal":"SIGTERM","Shell":["/bin/sh","-c"],"OnBuild":["RUN a"],"ArgsEscaped":true,"Healthcheck":{"Test":["CMD","a"],"Interval":30000000000,"Timeout":1,"StartPeriod":2,"StartInterval":3,"Retries":4}},"rootfs":{"diff_ids":["sha256:{{{Hex}}}"],"type":"layers"},"history":[{"created":"2026-10-31T22:22:54.690851953Z","created_by":"/bin/sh","author":"a","comment":"b","empty_layer":true}]}""",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    internal static ImmutableArray<string> Pieces { get; } =
    [
        "null", "true", "{}", "[]", "[null]", "{\"a\":null}", "0", "-1", "9223372036854775807", "9223372036854775808", "1e3", "1.5", "\"\"",
        "\"\\u0000\"", "\"\\ud800\"", "\"\\u001b[2J\"", "\"\\u202e\"", "\\u0000", "\\n",
        "[", "]", "{", "}", ",", ":", "\"", "/", "..", "\"0001-01-01T00:00:00+14:00\"", "\"9999-12-31T23:59:59-14:00\"", "\"0000-00-00\"",
        "sha256:", "sha512:", "\"os\":\"\",", "\"architecture\":null,", "\"config\":null,",
        "\"Env\":[null],", "\"Env\":[\"\"],", "\"WorkingDir\":\"../..\",", "\"size\":-1,", "\"OnBuild\":[\"ONBUILD RUN a\"],",
        "\"OnBuild\":[\"FROM a\"],", "\"OnBuild\":[\"\"],", "\"ExposedPorts\":{\"a\":null},", "\uFEFF", "\0", "é",
    ];

    /// <inheritdoc cref="FuzzTarget.Read"/>
    public static void Read(byte[] json)
    {
        RegistryClient.TypeOf(null, json);
        if (Parsed(json, Descriptor.Parse) is { } descriptor)
            FuzzTarget.Promise(descriptor.Size >= 0, "a size is not negative");
        if (Parsed(json, ImageIndex.Parse) is { } index)
            Use(index);
        if (Parsed(json, Manifest.Parse) is { } manifest)
            Use(manifest);
        if (Parsed(json, ImageConfig.Parse) is { } config)
            Use(config);
    }

    private static T? Parsed<T>(byte[] json, Func<ReadOnlySpan<byte>, T> parse) where T : class
    {
        try
        {
            return parse(json);
        }
        catch (DocumentException e)
        {
            FuzzTarget.Promise(e.Message.Length > 0, "a refusal says why");
            return null;
        }
    }

    private static void Use(ImageIndex index)
    {
        WrittenTheSame(index.ToJson(), json => ImageIndex.Parse(json).ToJson());
        foreach (var entry in index.Images)
            Shown(entry.Platform?.ToPlatform().ToString() ?? entry.MediaType);
        FuzzTarget.Promise(index.Manifests.Sum(entry => entry.Size) >= 0, "sizes add up");
    }

    private static void Use(Manifest manifest)
    {
        WrittenTheSame(manifest.ToJson(), json => Manifest.Parse(json).ToJson());
        var top = new Descriptor { MediaType = MediaType.Manifest, Digest = Digest.Of("a manifest"), Size = 10 };
        FuzzTarget.Promise(new InspectedManifest(top, manifest, null, null, null, []).Size >= 0, "sizes add up");
        foreach (var (key, value) in manifest.Annotations ?? ImmutableSortedDictionary<string, string>.Empty)
            Shown($"{key}={value}");
    }

    private static void Use(ImageConfig config)
    {
        WrittenTheSame(config.ToJson(), json => ImageConfig.Parse(json).ToJson());
        Shown(config.Platform.ToString());
        var platform = Platform.Parse("linux/amd64");
        var nothing = new Descriptor { MediaType = MediaType.Manifest, Digest = Digest.Of("a manifest"), Size = 10 };
        try
        {
            var planner = new Planner(Tree, new BuildRequest { ContextFolder = "/", Platforms = [platform] });
            var bases = planner.Needs.ToDictionary(need => (need.Reference, need.Platform),
                need => new BaseImage(need.Reference, need.Platform, nothing, new Manifest { Config = nothing, Layers = [] }, config));
            using var plan = JsonDocument.Parse(PlanJson.Write(planner.Plan(bases)));
            Shown(plan.RootElement.GetRawText());
        }
        catch (ManifoldException e)
        {
            FuzzTarget.Promise(e.Message.Length > 0, "a refusal says why"); // an ONBUILD that is not an instruction
        }
    }

    private static void WrittenTheSame(byte[] json, Func<byte[], byte[]> again) =>
        FuzzTarget.Promise(json.AsSpan().SequenceEqual(again(json)), "what is written is read as the same");

    private static void Shown(string text) =>
        FuzzTarget.Promise(!ForeignText.Line(text).Any(char.IsControl), "nothing that is shown is obeyed by a terminal");
}
