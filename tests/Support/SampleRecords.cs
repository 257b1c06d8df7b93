using System.Collections.Immutable;
using Manifold.Building.Recording;
using Manifold.Oci;

namespace Manifold.Tests.Support;

/// <summary>Records as builds leave them, without a build: many images, every way, every trouble, and names that mean harm.</summary>
internal static class SampleRecords
{
    /// <summary>What a page, a table or a terminal would obey if it were not quoted.</summary>
    public const string Hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"' onload=x | `x` [a](javascript:b)";

    public static readonly ImmutableArray<Platform> Platforms =
        [.. new[] { "linux/amd64", "linux/arm64", "linux/arm/v7", "linux/ppc64le", "linux/riscv64" }.Select(Platform.Parse)];

    private static readonly BuildWay[] Ways = [BuildWay.Native, BuildWay.Cross, BuildWay.Emulated, BuildWay.Emulated, BuildWay.Imported];

    public static Digest DigestOf(string text) => Digest.Of(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>A record of so many images on five platforms: every seventh failed on one of them, every third was cached.</summary>
    public static BuildRecord Of(int images, string? poison = null)
    {
        var components = Enumerable.Range(0, images).Select(i => Component(i, images == 1 ? "" : $"image-{i}", poison)).ToImmutableArray();
        var steps = components.SelectMany((component, i) => StepsOf(component, i, poison))
            .Select((step, i) => step with { Number = i + 1, Needs = i % 3 == 0 ? [] : [i] }).ToImmutableArray();
        var begin = new DateTimeOffset(2026, 1, 26, 2, 38, 21, TimeSpan.Zero);
        return new BuildRecord
        {
            Version = 1,
            Id = "20260126-023821-4f1c",
            Tool = "manifold 0.1.0",
            Command = images == 1 ? "build" : "bake",
            File = poison ?? "manifold.yaml",
            Machine = Platforms[0],
            Begin = begin,
            End = begin.AddSeconds(steps.Max(step => step.End ?? 0) + 2),
            Outcome = BuildOutcome.Partly,
            Failure = poison,
            Components = components,
            Steps = steps,
            Phases =
                [new RecordedPhase("plan", "", 0, 1), new RecordedPhase("verify", "", 20, 21), new RecordedPhase("publish", "", 21, 22)],
            Transfers = [new RecordedTransfer("pulled", poison ?? "docker.io/library/debian", 5, 152_000_000, 0.5, 4), new RecordedTransfer(
                "there", "quay.io/acme/api", 12, 80_000_000, 21, 21)],
            Bases = [.. Platforms.Select(platform => new RecordedBase(poison ?? "docker.io/library/debian:12",
                platform, DigestOf($"base {platform}"), 48_000_000, "registry")
            {
                Created = begin.AddDays(-400),
            })],
            Warnings = [new RecordedWarning("", poison ?? "the registry could not be reached; going on with what it said the last time")],
        };
    }

    /// <summary>
    /// The same build, if amd64 was built on this machine, arm64 on a node after another was lost, and the rest there, too.
    /// </summary>
    public static BuildRecord OnNodes(BuildRecord record, string node = "pi") => record with
    {
        Components = [.. record.Components.Select(image => image with
        {
            Platforms = [.. image.Platforms.Select(platform => platform with { Node = NodeOf(platform.Platform, node) })],
        })],
        Transfers = record.Transfers.Add(new RecordedTransfer("sent", node, 3, 83_000_000, 1, 3)),
    };

    private static RecordedNode NodeOf(Platform platform, string node) => platform.Architecture switch
    {
        "amd64" => new RecordedNode("local", Platforms[0], "native"),
        "arm64" => new RecordedNode(node, platform, "native")
        {
            SentBytes = 83_000_000,
            ReceivedBytes = 12_000_000,
            WaitedSeconds = 1.5,
            MovedSeconds = 2,
            Lost = [new RecordedLoss("big", "the connection was lost")],
        },
        _ => new RecordedNode("ssh://builder@raspberry.local:2222", Platforms[1], "emulated") { SentBytes = 5_000, MovedSeconds = 0.1 },
    };

    private static RecordedComponent Component(int i, string name, string? poison) => new()
    {
        Name = name,
        Tags = [$"quay.io/acme/api-{i}:1.4"],
        Index = i % 7 == 6 ? null : new Descriptor { MediaType = MediaType.Index, Digest = DigestOf($"index {i}"), Size = 900 },
        Published = i % 7 != 6,
        Failure = i % 7 == 6 ? poison ?? "RUN make: exit code 2. Its last lines:\n    cc: error" : null,
        Dockerfile = "Dockerfile",
        Platforms = [.. Platforms.Select((platform, p) => Made(i, p, platform, poison))],
        Labels = ImmutableSortedDictionary<string, string>.Empty.Add("org.opencontainers.image.title", poison ?? "api"),
        Arguments = ImmutableSortedDictionary<string, string>.Empty.Add("VERSION", poison ?? "1.4").Add("API_TOKEN", "***"),
        Before = new RecordedPredecessor($"quay.io/acme/api-{i}:1.4", DigestOf($"old {i}"))
        {
            Platforms = [.. Platforms.Select(platform => new RecordedPredecessorPlatform(platform,
                DigestOf($"old {i} {platform}"), 40_000_000 + i)
            {
                Layers = [DigestOf($"base layer {platform}")],
            })],
        },
        Parity = new RecordedParity(1)
        {
            Platforms = [.. Platforms.Select(platform => platform.ToString())],
            Differences =
                [new RecordedDifference("package", poison ?? "libc6") { Values = ["2.36", "2.36", "2.36", "2.36", null] }],
        },
    };

    private static RecordedPlatform Made(int i, int p, Platform platform, string? poison) => i % 7 == 6 && p == 4
        ? new RecordedPlatform
        {
            Platform = platform,
            Optional = i % 2 == 0,
            Failure = poison ?? "exit code 2",
            Steps = 3,
            Way = BuildWay.Emulated,
        }
        : new RecordedPlatform
        {
            Platform = platform,
            Manifest = DigestOf($"manifest {i} {platform}"),
            CompressedBytes = 48_000_000 + (i * 100_000),
            UncompressedBytes = 130_000_000,
            WastedBytes = p == 0 ? 9_000_000 : 0,
            Way = Ways[p],
            Seconds = 4 + p,
            EmulatedSeconds = Ways[p] == BuildWay.Emulated ? 3 + p : 0,
            Steps = 3,
            CachedSteps = i % 3 == 1 ? 3 : 1,
            Verified = true,
            Findings = i == 2 && p == 1
                ? [new RecordedFinding("WrongMachine", "error", poison ?? "/app is for amd64, and the image for linux/arm64")
                {
                    Place =
                        "Dockerfile:5",
                    Cause = "the stage is not told what to build for",
                    Mend = poison ?? "write ARG TARGETARCH",
                }]
                : [],
            Run = i == 0 ? new RecordedRun(poison ?? "/app --version", 0, p > 0, 0.2) { Lines = [poison ?? "1.4"] } : null,
            Layers =
            [
                new RecordedLayer
                {
                    Digest = DigestOf($"base layer {platform}"),
                    DiffId = DigestOf($"base diff {platform}"),
                    Bytes = 40_000_000,
                    UncompressedBytes = 110_000_000,
                    Origin = LayerOrigin.Base,
                    Instruction = "ADD rootfs.tar.xz /",
                },
                new RecordedLayer
                {
                    Digest = DigestOf($"files {i}"),
                    DiffId = DigestOf($"files diff {i}"),
                    Bytes = 2_000_000,
                    Origin = LayerOrigin.Own,
                    Instruction = poison ?? "COPY web/ /srv/",
                    SharedWith = [.. Platforms.Where(other => other != platform)],
                },
                new RecordedLayer
                {
                    Digest = DigestOf($"own {i} {platform}"),
                    DiffId = DigestOf($"own diff {i} {platform}"),
                    Bytes = 6_000_000 + (i * 100_000),
                    Origin = LayerOrigin.Own,
                    Instruction = "COPY --from=build /app /app",
                },
            ],
            Waste = p == 0 ? [new RecordedWaste(poison ?? "/var/cache/apt/pkgcache.bin", 9_000_000, 1, 3, true)] : [],
        };

    private static IEnumerable<RecordedStep> StepsOf(RecordedComponent component, int i, string? poison)
    {
        for (var p = 0; p < Platforms.Length; p++)
        {
            var cached = i % 3 == 1;
            for (var s = 0; s < 3; s++)
            {
                var begin = 1 + (i * 0.4) + (s * (2 + p));
                yield return new RecordedStep
                {
                    Number = 0,
                    Component = component.Name,
                    Name = $"[{(s == 2 ? "final" : "build")} {s + 2}/4] {poison ?? "RUN make"}",
                    Stage = s == 2 ? "final" : poison ?? "build",
                    Platform = p == 1 ? Platforms[0] : Platforms[p],
                    For = [Platforms[p]],
                    Kind = s == 1 ? "run" : "copy",
                    State = cached ? StepState.Cached : s == 2 && i % 7 == 6 && p == 4 ? StepState.Failed : StepState.Done,
                    Emulated = s == 1 && p > 1,
                    Begin = begin,
                    End = cached ? begin : begin + 2 + p,
                    Seconds = 2 + p,
                };
            }
        }
    }
}
