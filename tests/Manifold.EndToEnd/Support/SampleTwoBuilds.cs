using Manifold.Verification.Reproducibility;

namespace Manifold.EndToEnd.Support;

/// <summary>What building twice leaves, without building: every kind of difference, long values, and names that mean harm.</summary>
internal static class SampleTwoBuilds
{
    private static readonly DateTimeOffset Begin = new(2026, 1, 26, 2, 38, 21, TimeSpan.Zero);
    private static readonly LikelyCause Time = new(LikelyCauseKind.TimeStamp,
        "a time stamp", "write $SOURCE_DATE_EPOCH instead of the clock's time (ARG SOURCE_DATE_EPOCH), or remove the file in the same RUN");

    public static ReproducibilityReport Report => new()
    {
        First = new BuildConditions("/home/somebody/projects/shop/services/with-a-long-name", Begin, TimeSpan.FromSeconds(42), 4),
        Second = new BuildConditions("/var/lib/manifold/work/12/reproducibility/elsewhere/0/with-a-long-name",
            Begin.AddSeconds(45), TimeSpan.FromSeconds(71), 1)
        {
            TimeZone = "WEST+13:47",
        },
        Images = [.. Enumerable.Range(0, 9).Select(i =>
            new ReproducedImage($"image-{i}", SampleRecords.DigestOf($"{i}"), SampleRecords.DigestOf(i % 3 == 0 ? $"{i} again" : $"{i}"),
                [.. SampleRecords.Platforms.Select(platform => new ReproducedPlatform(platform, SampleRecords.DigestOf($"{i} {platform}"),
                    i == 6 ? null : SampleRecords.DigestOf(i % 3 == 0 ? $"{i} {platform} again" : $"{i} {platform}")))])
            {
                Below = i == 6 ? ["image-3"] : [],
            })],
        Steps =
        [
            new StepDifference("image-0",
                SampleRecords.Platforms, "[2/4] RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates curl",
                "services/api/Dockerfile:7")
            {
                Files =
                [
                    new FileDifference("etc/built", FileChange.Differs)
                    {
                        Content = new ContentDifference(17,
                            "Sat Nov 21 19:30:53 UTC 2026",
                            "Sat Nov 21 05:43:58 WEST 2026", null),
                        Cause = Time,
                        Hook = "date > built (manifold.yaml:4)",
                    },
                    new FileDifference("usr/share/doc/a-package-with-a-name/and/a/path/that-is-rather-long.gz", FileChange.Differs)
                    {
                        Attributes = [new AttributeDifference("mode", "0644", "0600"), new AttributeDifference("time",
                            "2026-01-26 02:38:21", "2026-01-26 02:39:06")],
                        Cause = Time,
                    },
                    new FileDifference(SampleRecords.Hostile, FileChange.OnlySecond)
                    {
                        Cause = new LikelyCause(LikelyCauseKind.Unknown,
                            "it was there one time only", "remove it"),
                    },
                ],
                More = 12,
            },
            new StepDifference("image-3", [SampleRecords.Platforms[0]], "[3/4] RUN make", "services/web/Dockerfile:9")
            {
                StandsOnDifferences = true,
                Files = null,
            },
        ],
        Configs = [new ConfigDifference("image-3",
            SampleRecords.Platforms[1], "config.Labels.org.opencontainers.image.created", "2026-01-26T02:38:21Z", null, Time)],
    };
}
