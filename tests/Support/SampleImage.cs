using System.Collections.Immutable;
using System.Text;
using Manifold.Layers;
using Manifold.Oci;
using Manifold.Verification;
using Manifold.Verification.Starting;

namespace Manifold.Tests.Support;

/// <summary>
/// An image in memory, layer by layer, that the gate checks without tars and registries; what it makes of those is tested elsewhere.
/// </summary>
internal sealed class SampleImage(Cpu cpu) : ILayerShelf
{
    private readonly List<List<LayerEntry>> layers = [[]];
    private ContainerConfig config = new() { Env = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"] };
    private string? configPlatform;

    public Cpu Cpu => cpu;

    public List<int> Opened { get; } = [];

    public SampleImage Layer()
    {
        layers.Add([]);
        return this;
    }

    public SampleImage File(string path, byte[] content, int mode = 0x1ED)
    {
        layers[^1].Add(new LayerEntry
        {
            Path = path.Trim('/'),
            Kind = EntryKind.File,
            Mode = mode,
            Size = content.Length,
            Open = () => new MemoryStream(content),
        });
        return this;
    }

    public SampleImage File(string path, string content, int mode = 0x1ED) => File(path, Encoding.UTF8.GetBytes(content), mode);

    /// <summary>A file of this machine, links followed.</summary>
    public SampleImage Real(string path, string source)
    {
        layers[^1].Add(new LayerEntry
        {
            Path = path.Trim('/'),
            Kind = EntryKind.File,
            Mode = 0x1ED,
            Size = new FileInfo(source).Length,
            Open = () => System.IO.File.OpenRead(source),
        });
        return this;
    }

    public SampleImage Link(string path, string target)
    {
        layers[^1].Add(new LayerEntry
        {
            Path = path.Trim('/'),
            Kind = EntryKind.SymbolicLink,
            Mode = 0x1FF,
            LinkTarget = target,
        });
        return this;
    }

    public SampleImage HardLink(string path, string target)
    {
        layers[^1].Add(new LayerEntry
        {
            Path = path.Trim('/'),
            Kind = EntryKind.HardLink,
            Mode = 0x1ED,
            LinkTarget = target.Trim('/'),
        });
        return this;
    }

    public SampleImage Folder(string path)
    {
        layers[^1].Add(new LayerEntry { Path = path.Trim('/'), Kind = EntryKind.Folder, Mode = 0x1ED });
        return this;
    }

    public SampleImage Gone(string path)
    {
        layers[^1].Add(new LayerEntry { Path = path.Trim('/'), Kind = EntryKind.Whiteout });
        return this;
    }

    public SampleImage Entrypoint(params string[] words) => With(config with { Entrypoint = [.. words] });

    public SampleImage Cmd(params string[] words) => With(config with { Cmd = [.. words] });

    public SampleImage Env(string variable) => With(config with { Env = [.. config.Env!.Value, variable] });

    public SampleImage Healthcheck(params string[] test) => With(config with { Healthcheck = new Healthcheck { Test = [.. test] } });

    public SampleImage Volume(string path) =>
        With(config with { Volumes = ImmutableSortedDictionary<string, EmptyObject>.Empty.Add(path, new EmptyObject()) });

    public SampleImage OnBuild(string instruction) => With(config with { OnBuild = [instruction] });

    public SampleImage Workdir(string path) => With(config with { WorkingDir = path });

    /// <summary>The config says another platform than the index.</summary>
    public SampleImage ConfigSays(string platform)
    {
        configPlatform = platform;
        return this;
    }

    /// <summary>Debian's layout: everything in /usr, the loader and the C library of a processor.</summary>
    public SampleImage Debian(Cpu? other = null)
    {
        var of = other ?? cpu;
        var loader = of.Loader.Split('/')[^1];
        return Link("lib", "usr/lib").Link("lib64", "usr/lib64").Link("bin", "usr/bin").Link("sbin", "usr/sbin")
            .File($"usr/lib/{of.Tuple}/{loader}", ElfBuilder.SharedLibrary(of))
            .File($"usr/lib/{of.Tuple}/libc.so.6", ElfBuilder.SharedLibrary(of, loader))
            .Link($"usr{of.Loader}", $"/usr/lib/{of.Tuple}/{loader}")
            .File("etc/ld.so.conf", "include /etc/ld.so.conf.d/*.conf\n", 0x1A4).File($"etc/ld.so.conf.d/{of.Tuple}.conf",
                $"# Multiarch support\n/usr/local/lib/{of.Tuple}\n/lib/{of.Tuple}\n/usr/lib/{of.Tuple}\n", 0x1A4)
            .File("usr/bin/dash", ElfBuilder.Dynamic(of)).Link("usr/bin/sh", "dash").File("usr/bin/env", ElfBuilder.Dynamic(of))
            .File("usr/bin/bash", ElfBuilder.Dynamic(of));
    }

    /// <summary>Alpine's layout: busybox and musl, which is loader and C library in one.</summary>
    public SampleImage Alpine(Cpu? other = null)
    {
        var of = other ?? cpu;
        return File($"lib/{MuslLoader(of)}", ElfBuilder.SharedLibrary(of)).Link($"lib/libc.musl-{MuslName(of)}.so.1", MuslLoader(of))
            .File("bin/busybox",
                new ElfBuilder(of) { Interpreter = "/lib/" + MuslLoader(of), Needed = [$"libc.musl-{MuslName(of)}.so.1"] }.Build())
            .Link("bin/sh", "/bin/busybox").Link("usr/bin/env", "/bin/busybox").Link("bin/ls", "/bin/busybox");
    }

    public static string MuslLoader(Cpu cpu) => $"ld-musl-{MuslName(cpu)}.so.1";

    public static string MuslName(Cpu cpu) => cpu.Tuple.Split('-')[0] is "arm" ? "armhf" : cpu.Tuple.Split('-')[0];

    public async Task<PlatformReport> Check(VerificationPolicy? policy = null, bool own = true)
    {
        var platform = Platform.Parse(cpu.Platform);
        var said = configPlatform is null ? platform : Platform.Parse(configPlatform);
        var image = new GateImage
        {
            Claimed = platform,
            Manifest = new Descriptor { MediaType = MediaType.Manifest, Digest = Digest.Of("manifest"), Size = 1 },
            Config = new ImageConfig
            {
                Os = said.Os,
                Architecture = said.Architecture,
                Variant = said.Variant,
                Config = config,
            },
            Layers = [.. layers.Select((_, i) => new GateLayer(i, Digest.Of($"layer {i}"),
                new Descriptor { MediaType = MediaType.Layer, Digest = Digest.Of($"blob {i}"), Size = 1 }, own, null, null))],
        };
        return await new PlatformGate(this,
            policy ?? VerificationPolicy.Default, own ? SweepScope.Own : SweepScope.Read, new PublishedCauses([image]).Of)
            .CheckAsync(image, default);
    }

    bool ILayerShelf.IsAtHand(GateLayer layer) => false;

    Task<LayerFiles> ILayerShelf.OpenAsync(GateLayer layer, CancellationToken cancellation)
    {
        Opened.Add(layer.Index);
        var census = LayerCensus.Of(layers[layer.Index]);
        return Task.FromResult(new LayerFiles(TableOfContents.Of(layers[layer.Index]), path => census.Files.GetValueOrDefault(path)));
    }

    Task<LayerCensus> ILayerShelf.TakeCensusAsync(GateLayer layer, CancellationToken cancellation) =>
        Task.FromResult(LayerCensus.Of(layers[layer.Index]));

    private SampleImage With(ContainerConfig changed)
    {
        config = changed;
        return this;
    }
}
