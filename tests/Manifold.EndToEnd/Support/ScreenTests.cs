namespace Manifold.EndToEnd.Support;

public sealed class ScreenTests
{
    [Theory]
    [InlineData("12 s", "12 s")]
    [InlineData("1 min 40 s", "12 min 5 s")]
    [InlineData("1 min 40 s", "0.1 s")]
    public void screens_of_fast_and_slow_builds_are_the_same(string one, string other) =>
        Assert.Equal(Screen.Masked(Of("0.3 s", "0.1 s")), Screen.Masked(Of(one, other)));

    [Fact]
    public void nothing_but_the_times_changes() => Assert.Equal(Of("0.0 s", "0.0 s") + "\n", Screen.Masked(Of("0.3 s", "9.9 s")));

    private static string Of(string one, string other)
    {
        var width = Math.Max("TIME".Length, Math.Max(one.Length, other.Length));
        string[] lines =
        [
            "$ manifold bake in 3 steps",
            $"[2/3] RUN make (linux/amd64)  {one}",
            "",
            $"IMAGE  SIZE    {"TIME".PadRight(width)}  CACHED",
            $"base   0.0 MB  {one.PadRight(width)}  1 of 3",
            $"api    0.0 MB  {other.PadRight(width)}  -",
            $"web    -       {"-".PadRight(width)}  1 of 3",
            "",
            $"✓ Built 3 images in {other}. Details: manifold report",
        ];
        return string.Join('\n', lines);
    }
}
