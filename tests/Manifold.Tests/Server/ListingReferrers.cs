using System.Collections.Immutable;
using Manifold.Oci;

namespace Manifold.Tests.Server;

public sealed class ListingReferrers() : WithAServer(options => options with { AllowDelete = true })
{
    [Fact]
    public async Task end_12a_all_that_point_to_a_subject_are_listed_with_their_annotations()
    {
        var subject = await Server.PushImage("a/b", "x", "1");
        var sbom = await PushSbom(subject);
        var plain = await Server.PushImage("a/b", "plain", null, manifest => manifest with { Subject = subject });

        var entries = (await Referrers(subject.Digest)).Entries;

        Assert.Equal(new[] { sbom.Digest, plain.Digest }.Order(), entries.Select(entry => entry.Digest));
        var entry = entries.Single(entry => entry.Digest == sbom.Digest);
        Assert.Equal((sbom.Size, MediaType.Manifest, "application/spdx", "note"),
            (entry.Size, entry.MediaType, entry.ArtifactType!, entry.Annotations!["org.example"]));
        Assert.Equal(MediaType.Config, entries.Single(entry => entry.Digest == plain.Digest).ArtifactType); // the config's type stands in
    }

    [Fact]
    public async Task end_12b_those_of_one_type_and_the_answer_says_so()
    {
        var subject = await Server.PushImage("a/b", "x", "1");
        var sbom = await PushSbom(subject);
        await Server.PushImage("a/b", "plain", null, manifest => manifest with { Subject = subject });

        var (entries, filters, _) = await Referrers(subject.Digest, "?artifactType=application/spdx");

        Assert.Equal([sbom.Digest], entries.Select(entry => entry.Digest));
        Assert.Equal("artifactType", filters);
        Assert.Null((await Referrers(subject.Digest)).Filters);
        Assert.Empty((await Referrers(subject.Digest, "?artifactType=application/none")).Entries);
    }

    [Fact]
    public async Task an_index_is_a_referrer_too()
    {
        var subject = await Server.PushImage("a/b", "x", "1");
        var index = new ImageIndex { ArtifactType = "application/bundle", Manifests = [], Subject = subject }.ToJson();
        using var pushed = await Send("PUT", $"/v2/a/b/manifests/{Digest.Of(index)}", index, MediaType.Index).Is(201);
        Assert.Equal(subject.Digest.ToString(), pushed.Header("OCI-Subject"));
        var entry = Assert.Single((await Referrers(subject.Digest)).Entries);
        Assert.Equal((MediaType.Index, "application/bundle", Digest.Of(index)), (entry.MediaType, entry.ArtifactType!, entry.Digest));
    }

    [Fact]
    public async Task end_7_a_subject_is_confirmed_though_it_may_come_later()
    {
        var subject = new Descriptor { MediaType = MediaType.Manifest, Digest = Digest.Of("absent"), Size = 6 };
        await Server.PushBlob("a/b", "{}"u8.ToArray());
        var bytes = new Manifest
        {
            Config =
                new() { MediaType = MediaType.Empty, Digest = Digest.Of("{}"), Size = 2 },
            Layers = [],
            Subject = subject,
        }.ToJson();
        using var answer = await Send("PUT", "/v2/a/b/manifests/note", bytes, MediaType.Manifest).Is(201);
        Assert.Equal(subject.Digest.ToString(), answer.Header("OCI-Subject"));
        Assert.Equal([Digest.Of(bytes)], (await Referrers(subject.Digest)).Entries.Select(entry => entry.Digest));
    }

    [Fact]
    public async Task one_that_is_deleted_is_listed_no_more()
    {
        var subject = await Server.PushImage("a/b", "x", "1");
        var sbom = await PushSbom(subject);
        await Send("DELETE", $"/v2/a/b/manifests/{sbom.Digest}").Is(202);
        Assert.Empty((await Referrers(subject.Digest)).Entries);
    }

    [Fact]
    public async Task what_nobody_points_to_has_an_empty_list_also_where_nothing_is()
    {
        using var answer = await Send("GET", $"/v2/never/pushed/referrers/{Digest.Of("nothing")}").Is(200);
        Assert.Equal("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""",
            await answer.Content.ReadAsStringAsync());
        await Send("GET", "/v2/a/b/referrers/latest").Is(400, "DIGEST_INVALID");
    }

    [Fact]
    public async Task referrers_of_another_repository_are_not_shown()
    {
        var subject = await Server.PushImage("a/b", "x", "1");
        await PushSbom(subject);
        using var other = await Send("GET", $"/v2/other/referrers/{subject.Digest}").Is(200);
        Assert.Empty(ImageIndex.Parse(await other.Content.ReadAsByteArrayAsync()).Manifests);
    }

    [Fact]
    public async Task a_list_that_is_longer_than_an_index_comes_in_pages()
    {
        var subject = await Server.PushImage("a/b", "x", "1");
        var pushed = new List<Digest>();
        for (var i = 0; i < 3; i++)
            pushed.Add((await PushSbom(subject, new string((char)('a' + i), 1_900_000))).Digest);

        var (first, _, next) = await Referrers(subject.Digest, "?artifactType=application/spdx");
        Assert.Equal(2, first.Count);
        var (rest, _, end) = await Referrers(subject.Digest, next![next!.IndexOf('?')..next!.IndexOf('>')]);
        Assert.Null(end);
        Assert.Equal(pushed.Order(), first.Concat(rest).Select(entry => entry.Digest));
    }

    private Task<Descriptor> PushSbom(Descriptor subject, string note = "note") =>
        Server.PushImage("a/b", "sbom", null, manifest => manifest with
        {
            Subject = subject,
            ArtifactType = "application/spdx",
            Annotations = ImmutableSortedDictionary<string, string>.Empty.Add("org.example", note),
        });

    private async Task<(IReadOnlyList<Descriptor> Entries, string? Filters, string? Next)> Referrers(Digest subject, string query = "")
    {
        using var answer = await Send("GET", $"/v2/a/b/referrers/{subject}{query}").Is(200);
        Assert.Equal(MediaType.Index, answer.Content.Headers.ContentType!.ToString());
        return (ImageIndex.Parse(await answer.Content.ReadAsByteArrayAsync()).Manifests,
            answer.Header("OCI-Filters-Applied"), answer.Header("Link"));
    }
}
