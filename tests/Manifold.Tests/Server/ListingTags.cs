using System.Text.Json;

namespace Manifold.Tests.Server;

public sealed class ListingTags : WithAServer
{
    [Fact]
    public async Task end_8a_all_come_sorted()
    {
        await PushTags("v3", "v1", "v10", "V2");
        Assert.Equal("""{"name":"a/b","tags":["V2","v1","v10","v3"]}""", await Server.Http.GetStringAsync("/v2/a/b/tags/list"));
    }

    [Fact]
    public async Task end_8b_in_pages_and_the_link_leads_through_all()
    {
        await PushTags("v3", "v1", "v10", "V2");
        Assert.Equal(["v10", "v3"], await Tags("/v2/a/b/tags/list?last=v1"));
        Assert.Equal(["v10", "v3"], await Tags("/v2/a/b/tags/list?last=v1.5")); // need not be one of them
        Assert.Empty(await Tags("/v2/a/b/tags/list?last=v3"));

        var seen = new List<string>();
        var next = "/v2/a/b/tags/list?n=3";
        for (var page = 0; page < 2; page++)
        {
            using var answer = await Send("GET", next).Is(200);
            seen.AddRange(await Tags(next));
            next = answer.Header("Link")?.Split('<', '>') is [_, var uri, "; rel=\"next\""] ? uri : "";
            Assert.Equal(page == 0 ? "/v2/a/b/tags/list?n=3&last=v10" : "", next);
        }
        Assert.Equal(["V2", "v1", "v10", "v3"], seen);
    }

    [Fact]
    public async Task end_8b_none_where_none_are_wanted_and_no_link_then()
    {
        await PushTags("v1");
        using var answer = await Send("GET", "/v2/a/b/tags/list?n=0").Is(200);
        Assert.Null(answer.Header("Link"));
        Assert.Empty(await Tags("/v2/a/b/tags/list?n=0"));
        Assert.Null((await Send("GET", "/v2/a/b/tags/list?n=1").Is(200)).Header("Link"));
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("99999999999999999999")]
    public async Task end_8b_what_is_no_number_is_400(string n)
    {
        await PushTags("v1");
        await Send("GET", $"/v2/a/b/tags/list?n={n}").Is(400);
    }

    [Fact]
    public async Task a_repository_that_nobody_knows_is_404_and_one_without_tags_has_none()
    {
        await Send("GET", "/v2/a/b/tags/list").Is(404, "NAME_UNKNOWN");
        await Server.PushImage("a/b", "x", tag: null);
        Assert.Empty(await Tags("/v2/a/b/tags/list"));
    }

    [Fact]
    public async Task the_catalog_names_every_repository_and_has_pages_too()
    {
        await Server.PushImage("b", "x", "1");
        await Server.PushImage("a/b", "x", null);
        Assert.Equal("""{"repositories":["a/b","b"]}""", await Server.Http.GetStringAsync("/v2/_catalog"));
        using var first = await Send("GET", "/v2/_catalog?n=1").Is(200);
        Assert.Equal("</v2/_catalog?n=1&last=a%2Fb>; rel=\"next\"", first.Header("Link"));
        Assert.Equal("""{"repositories":["b"]}""", await Server.Http.GetStringAsync("/v2/_catalog?n=1&last=a%2Fb"));
    }

    private async Task PushTags(params string[] tags)
    {
        foreach (var tag in tags)
            await Server.PushImage("a/b", "x", tag);
    }

    private async Task<IEnumerable<string>> Tags(string path) =>
        JsonDocument.Parse(await Server.Http.GetStringAsync(path)).RootElement.GetProperty("tags").EnumerateArray()
            .Select(tag => tag.GetString()!).ToList();
}
