using Manifold.Images;

namespace Manifold.Tests.Images;

public sealed class OrderingTags
{
    [Theory]
    [InlineData("latest v2.0 v1.10 v1.9")]
    [InlineData("latest main edge 1.10.1 1.10 1.10-rc2 1.10-rc1 1.10-alpine 1.9.12 1.9.2 1.9 1")]
    [InlineData("2026.11.30 2026.9.1 2025.12.1")]
    [InlineData("100000000000000000000000 99999999999999999999999 9")]
    public void the_highest_comes_first(string tags)
    {
        var expected = tags.Split(' ');
        foreach (var seed in Enumerable.Range(0, 20))
        {
            var mixed = expected.ToArray();
            new Random(seed).Shuffle(mixed);
            Assert.Equal(expected, mixed.Order(TagOrder.HighestFirst));
        }
    }

    [Fact]
    public void tags_that_only_differ_by_zeros_have_an_order_too() =>
        Assert.NotEqual(0, TagOrder.HighestFirst.Compare("1.01", "1.1"));

    [Fact]
    public void tags_of_attachments_come_last()
    {
        var attached = $"sha256-{new string('f', 64)}.sig";
        Assert.Equal(["1", "0", attached], new[] { attached, "0", "1" }.Order(TagOrder.HighestFirst));
    }

    [Fact]
    public void the_order_is_one()
    {
        string[] parts = ["", "1", "01", "10", "2", "-", ".", "_", "a", "latest", "rc", "A"];
        string[] all = [.. from a in parts from b in parts from c in parts select a + b + c];
        all = [.. all.Distinct().Take(300)];
        foreach (var a in all)
            foreach (var b in all)
                Assert.Equal(Math.Sign(TagOrder.HighestFirst.Compare(a, b)), -Math.Sign(TagOrder.HighestFirst.Compare(b, a)));
        var sorted = all.Order(TagOrder.HighestFirst).ToList();
        for (var i = 0; i < sorted.Count; i++)
            for (var j = i + 1; j < sorted.Count; j++)
                Assert.True(TagOrder.HighestFirst.Compare(sorted[i], sorted[j]) < 0, $"'{sorted[i]}' '{sorted[j]}'");
    }
}
