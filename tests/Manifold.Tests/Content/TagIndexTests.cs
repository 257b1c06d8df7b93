using System.Text;
using Manifold.Content;
using Manifold.Oci;

namespace Manifold.Tests.Content;

/// <summary><c>index.json</c> is parsed once after each change, whichever program wrote it.</summary>
public sealed class ReadingNamesAgain : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Store store;

    public ReadingNamesAgain() => store = Store.Open(folder["store"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    private string IndexPath => Path.Combine(store.Root, "index.json");

    [Fact]
    public void what_did_not_change_is_not_parsed_again()
    {
        store.Tags.Set(ImageReference.Parse("quay.io/a:1"), Target("1"));
        Assert.Same(store.Tags.Read(), store.Tags.Read());
    }

    [Fact]
    public void what_another_process_wrote_is_seen_at_once()
    {
        using var other = Store.Open(store.Root);
        for (var i = 0; i < 200; i++)
        {
            var (writer, reader) = i % 2 == 0 ? (store, other) : (other, store);
            writer.Tags.Set(ImageReference.Parse("quay.io/a:1"), Target(i.ToString()));
            Assert.Equal(Digest.Of(i.ToString()), reader.Tags.Find(ImageReference.Parse("quay.io/a:1"))!.Digest);
        }
    }

    [Fact]
    public void what_another_tool_writes_in_place_is_seen_at_once_even_with_the_same_length()
    {
        for (var i = 0; i < 200; i++)
        {
            File.WriteAllText(IndexPath, Entries($"quay.io/a:{1000 + i}"));
            Assert.Equal([$"quay.io/a:{1000 + i}"], store.Tags.List().Select(image => image.Name));
        }
    }

    [Fact]
    public void a_time_in_the_future_is_no_reason_to_parse_each_time()
    {
        File.WriteAllText(IndexPath, Entries("quay.io/a:1"));
        File.SetLastWriteTimeUtc(IndexPath, new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Assert.Same(store.Tags.Read(), store.Tags.Read());
    }

    [Fact]
    public void members_that_are_unknown_stay_as_they_were_written()
    {
        File.WriteAllText(IndexPath, """
            {
              "schemaVersion": 2, "org.example": {"a": [1, null]},
              "manifests": [
                {"mediaType": "application/vnd.oci.image.manifest.v1+json", "x": 1.50, "digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "size": 2}
              ],
              "annotations": {"b": "c"}
            }
            """);
        store.Tags.Set(ImageReference.Parse("quay.io/a:1"), Target("1"));
        store.Tags.Remove(ImageReference.Parse("quay.io/a:1"));
        var text = File.ReadAllText(IndexPath);
        Assert.Contains("\"org.example\": {\"a\": [1, null]}", text, StringComparison.Ordinal);
        Assert.Contains("\"x\": 1.50", text, StringComparison.Ordinal);
        Assert.Contains("\"annotations\": {\"b\": \"c\"}", text, StringComparison.Ordinal);
        Assert.Single(ImageIndex.Parse(Encoding.UTF8.GetBytes(text)).Manifests);
    }

    [Theory]
    [InlineData("""{"schemaVersion":2,"manifests":null}""")]
    [InlineData("""{"manifests":null,"schemaVersion":2,"annotations":{"b":"c"}}""")]
    [InlineData("""{"schemaVersion":2}""")]
    [InlineData("{}")]
    public void an_index_without_a_list_is_an_empty_one_and_can_be_added_to(string text)
    {
        File.WriteAllText(IndexPath, text);
        Assert.Empty(store.Tags.List());
        store.Tags.Set(ImageReference.Parse("quay.io/a:1"), Target("1"));
        Assert.Single(ImageIndex.Parse(File.ReadAllBytes(IndexPath)).Manifests);
        Assert.Single(store.Tags.List());
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("""{"manifests":{}}""")]
    [InlineData("""{"manifests":[null]}""")]
    [InlineData("""{"manifests":[1]}""")]
    [InlineData("""{"manifests":[{"digest":"sha256:x"}]}""")]
    [InlineData("""{"manifests":[]} x""")]
    [InlineData("""{"manifests":[""")]
    public void what_is_no_index_is_told_with_its_path(string text)
    {
        File.WriteAllText(IndexPath, text);
        Assert.Contains(IndexPath, Assert.Throws<ContentMismatchException>(() => store.Tags.List()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void of_two_entries_with_one_name_the_first_counts_and_both_are_replaced_and_removed()
    {
        var name = ImageReference.Parse("quay.io/a:1");
        File.WriteAllText(IndexPath, Entries("quay.io/a:1", "quay.io/b:1", "quay.io/a:1"));
        Assert.Equal(Digest.Of("0"), store.Tags.Find(name)!.Digest);
        store.Tags.Set(name, Target("new"));
        Assert.Equal(["quay.io/a:1", "quay.io/b:1"], store.Tags.List().Select(image => image.Name));
        File.WriteAllText(IndexPath, Entries("quay.io/a:1", "quay.io/b:1", "quay.io/a:1"));
        Assert.True(store.Tags.Remove(name));
        Assert.Equal(["quay.io/b:1"], store.Tags.List().Select(image => image.Name));
    }

    [Fact]
    public void the_order_of_the_file_is_kept_through_many_changes()
    {
        var expected = new List<string>();
        for (var i = 0; i < 60; i++)
        {
            store.Tags.Set(ImageReference.Parse($"quay.io/a:{i}"), Target($"{i}"));
            expected.Add($"quay.io/a:{i}");
            if (i % 3 == 2)
            {
                Assert.True(store.Tags.RemoveAll([ImageReference.Parse($"quay.io/a:{i - 2}"), ImageReference.Parse($"quay.io/a:{i - 1}")]));
                expected.RemoveAll(name => name == $"quay.io/a:{i - 2}" || name == $"quay.io/a:{i - 1}");
            }
        }
        Assert.Equal(expected, store.Tags.List().Select(image => image.Name));
        using var other = Store.Open(store.Root);
        Assert.Equal(expected, other.Tags.List().Select(image => image.Name));
        Assert.All(expected, name => Assert.NotNull(store.Tags.Find(ImageReference.Parse(name))));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void removing_many_names_costs_one_copy_of_the_list(bool hasDuplicates)
    {
        string[] names = [.. Enumerable.Range(0, 8000).Select(i => $"quay.io/a:{i}"), .. hasDuplicates ? new[] { "quay.io/a:0" } : []];
        File.WriteAllText(IndexPath, Entries(names));
        List<ImageReference> some = [.. names.Take(3000).Append("quay.io/a:none").Select(ImageReference.Parse)];
        Assert.NotNull(store.Tags.Find(some[0])); // read and sorted now
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.True(store.Tags.RemoveAll(some));

        var bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / some.Count;
        Assert.InRange(bytes, 0, 20_000); // a copy of the list has 64,000
        Assert.Equal(names.Distinct().Skip(3000), store.Tags.List().Select(image => image.Name));
        Assert.Equal(5000, Assert.Single(store.Tags.Read().Of("a")).Images.Count());
        Assert.False(store.Tags.RemoveAll(some));
    }

    private static Descriptor Target(string content) => new() { MediaType = MediaType.Manifest, Digest = Digest.Of(content), Size = 2 };

    private static string Entries(params string[] names) => Encoding.UTF8.GetString(new ImageIndex
    {
        Manifests = [.. names.Select((name, i) => Target(i.ToString()) with
        {
            Annotations = System.Collections.Immutable.ImmutableSortedDictionary<string, string>.Empty
                .Add("org.opencontainers.image.ref.name", name),
        })],
    }.ToJson());
}

public sealed class TagsOfARepository : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Store store;

    public TagsOfARepository() => store = Store.Open(folder["store"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void they_come_in_ordinal_order_from_anywhere()
    {
        Name("a:v1", "a:v10", "a:V2", "a:v1-x", $"a:v1@{Digest.Of("d")}", $"a@{Digest.Of("d")}", "b:x");
        Assert.Equal(["V2", "v1", "v1-x", "v10"], Tags().TagsAfter(null));
        Assert.Equal(["v1-x", "v10"], Tags().TagsAfter("v1"));
        Assert.Equal(["v1-x", "v10"], Tags().TagsAfter("v1\0"));
        Assert.Equal(["v10"], Tags().TagsAfter("v1-y"));
        Assert.Empty(Tags().TagsAfter("v10"));
        Assert.Equal(2, Tags().WithTag("v1").Count());
        Assert.Empty(Tags().WithTag("v"));
    }

    [Fact]
    public void finding_one_costs_the_same_among_ten_and_among_twenty_thousand()
    {
        long Bytes()
        {
            var name = ImageReference.Parse("quay.io/a:5");
            Assert.NotNull(store.Tags.Find(name)); // read and sorted now
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
                store.Tags.Find(name);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Name([.. Enumerable.Range(0, 10).Select(i => $"a:{i}")]);
        var few = Bytes();
        Name([.. Enumerable.Range(10, 20_000).Select(i => $"a:{i}")]);
        Assert.InRange(Bytes(), 0, few * 1.2);
    }

    private RepositoryTags Tags() => Assert.Single(store.Tags.Read().Of("a"));

    private void Name(params string[] names) =>
        store.Tags.SetAll(
            [.. names.Select(name => (ImageReference.Parse("quay.io/" + name),
                new Descriptor { MediaType = MediaType.Manifest, Digest = Digest.Of("d"), Size = 2 }))]);
}
