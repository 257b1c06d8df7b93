using System.Collections.Immutable;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Projects.Bake;
using Manifold.Projects.Reading;

namespace Manifold.Tests.Projects.Bake;

/// <summary>What <c>buildx bake --print</c> does not show, or only newer ones do.</summary>
public sealed class ResolvingBakeTargets : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void paths_start_from_the_working_folder_and_dockerfiles_from_their_context()
    {
        folder.Write("files/docker-bake.hcl", "target \"default\" {\n context = \"app\"\n"
            + " dockerfile = \"build/Dockerfile\"\n contexts = { layout = \"oci-layout://images/base:1\", here = \"cwd://\" }\n}");

        var build = Assert.IsType<BuildSource>(Read("files/docker-bake.hcl").Find("default")!.Platforms[0].Source);

        Assert.Equal(folder["app"], build.ContextFolder);
        Assert.Equal(Path.Combine("app", "build", "Dockerfile"), build.DockerfilePath);
        Assert.Equal(new LayoutContext(folder["images/base"], "1", null), build.Contexts["layout"]);
        Assert.Equal(new FolderContext(folder.Path), build.Contexts["here"]);
    }

    [Theory]
    [InlineData("\"type=registry\"", true, "type=registry")]
    [InlineData("{ type = \"image\", push = true }", true, "type=image,push=true")]
    [InlineData("\"type=image,push=false\"", false, "type=image,push=false")]
    [InlineData("{ type = \"oci\", dest = \"out.tar\" }", false, "type=oci,dest=out.tar")]
    [InlineData("\"type=cacheonly\"", false, "type=cacheonly")]
    [InlineData("\"type=docker,name=example.com/y\"", false, "type=docker,name=example.com/y")]
    [InlineData("\"\"", false, "")]
    public void outputs_are_kept_as_they_are_and_say_whether_it_is_pushed(string output, bool pushes, string kept)
    {
        folder.Write("docker-bake.hcl", $"target \"default\" {{\n tags = [\"example.com/x\"]\n output = [{output}]\n}}");

        var project = Read("docker-bake.hcl");

        Assert.Equal(pushes, project.Push);
        Assert.Equal(kept, string.Join('|', project.Components[0].Outputs));
    }

    [Theory]
    [InlineData("type=registry,compression=zstd,compression-level=7,force-compression=true",
        "type=registry,compression=zstd,compression-level=7,force-compression=true")]
    [InlineData("type=image,push=true,oci-mediatypes=false", "type=image,push=true,oci-mediatypes=false")]
    public void the_form_of_an_image_is_kept_when_the_file_is_written_again(string output, string expected)
    {
        folder.Write("docker-bake.hcl", $"target \"default\" {{\n tags = [\"example.com/x\"]\n output = [\"{output}\"]\n}}");
        Assert.Contains($"\"{expected}\"", BakeJson.Write(Read("docker-bake.hcl"), folder.Path), StringComparison.Ordinal);
    }

    [Fact]
    public void keys_that_change_nothing_are_told_with_their_place()
    {
        folder.Write("docker-bake.hcl", "target \"default\" {\n output = [\"type=registry,name=example.com/x,store=false\"]\n}");
        var project = Read("docker-bake.hcl");
        Wording.Fits("docker-bake.hcl:2:12: …'type=registry,name=example.com/x,store=false'…no effect: store",
            Assert.Single(project.Warnings));
        Assert.Equal("example.com/x:latest", Assert.Single(project.Components[0].Tags).ToString());
    }

    [Fact]
    public void secrets_and_caches_may_be_written_as_maps()
    {
        folder.Write("docker-bake.hcl", """
            target "default" {
              secret     = [{ id = "token", env = "TOKEN" }, "id=file,src=./x"]
              ssh        = [{ id = "default" }]
              cache-from = [{ type = "registry", ref = "example.com/cache" }]
              no-cache-filter = ["deps"]
            }
            """);

        var build = Assert.IsType<BuildSource>(Read("docker-bake.hcl").Components[0].Platforms[0].Source);

        Assert.Equal(["id=token,env=TOKEN", "id=file,src=./x"], build.Secrets);
        Assert.Equal(["type=registry,ref=example.com/cache"], build.CacheFrom);
        Assert.Equal((false, "deps"), (build.NoCache, Assert.Single(build.NoCacheFilter)));
    }

    [Theory]
    [InlineData("basename(\"/a/b/c.txt\")", "c.txt")]
    [InlineData("dirname(\"/a/b/c.txt\")", "/a/b")]
    [InlineData("sanitize(\"a.b/c-d_e\")", "a_b_c-d_e")]
    [InlineData("indexof([\"a\", \"b\"], \"b\")", "1")]
    [InlineData("length(uuidv4())", null)]
    [InlineData("strlen(uuidv4())", "36")]
    [InlineData("strlen(timestamp())", "20")]
    public void functions_that_newer_bakes_have_are_there(string expression, string? expected)
    {
        folder.Write("docker-bake.hcl", $"target \"default\" {{\n args = {{ X = try({expression}, \"failed\") }}\n}}");

        Assert.Equal(expected ?? "failed",
            Assert.IsType<BuildSource>(Read("docker-bake.hcl").Components[0].Platforms[0].Source).Arguments["X"]);
    }

    [Fact]
    public void a_file_beside_it_overrides()
    {
        folder.Write("docker-bake.hcl", "variable \"V\" { default = \"1\" }\ntarget \"default\" {\n args = { V = V, W = \"w\" }\n}");
        folder.Write("docker-bake.override.hcl", "variable \"V\" { default = \"2\" }\ntarget \"default\" {\n args = { W = \"over\" }\n}");

        var project =
            ProjectReader.Read([], new ReadingOptions(ImmutableSortedDictionary<string, string>.Empty) { WorkingFolder = folder.Path });

        Assert.Equal(["V=2", "W=over"],
            Assert.IsType<BuildSource>(project.Components[0].Platforms[0].Source).Arguments.Select(each => $"{each.Key}={each.Value}"));
    }

    [Fact]
    public void a_component_of_several_origins_is_written_as_a_group_of_targets()
    {
        folder.Write("components/pause/ImageSource.amd64", "example.com/pause:3.6");
        folder.Write("components/pause/Dockerfile", "FROM scratch");
        var side = ProjectReader.Read([],
            new ReadingOptions(ImmutableSortedDictionary<string, string>.Empty.Add("ARCHITECTURES", "amd64 arm")
                .Add("DEST_REGISTRY", "example.com/x"))
            {
                WorkingFolder = folder.Path,
            });

        folder.Write("written.json", BakeJson.Write(side, folder.Path));
        var again = Read("written.json");

        Assert.Equal(["pause-amd64", "pause-arm"], again.Groups["pause"]);
        Assert.Equal("example.com/x/pause:latest-arm", again.Find("pause-arm")!.Tags[0].ToString());
        Assert.Equal("FROM example.com/pause:3.6\n",
            Assert.IsType<BuildSource>(again.Find("pause-amd64")!.Platforms[0].Source).InlineDockerfile);
    }

    public static TheoryData<string> SampleProjects => [.. Cases.Names("bake")];

    [Theory, MemberData(nameof(SampleProjects))]
    public void every_sample_project_is_read_with_its_tags_for_two_platforms(string name)
    {
        var project = ProjectReader.Read([], new ReadingOptions(ImmutableSortedDictionary<string, string>.Empty)
        {
            WorkingFolder = Path.Combine(Cases.Folder("bake"), name),
        });

        Assert.NotEmpty(project.Select([]));
        Assert.All(project.Select([]),
            component => Assert.StartsWith("bake.test/", Assert.Single(component.Tags).ToString(), StringComparison.Ordinal));
        Assert.All(project.Select([]),
            component => Assert.Equal(["linux/amd64", "linux/arm64"], component.Platforms.Select(each => each.Platform.ToString())));
    }

    private Project Read(string path) =>
        BakeReader.Read(path, new ReadingOptions(ImmutableSortedDictionary<string, string>.Empty) { WorkingFolder = folder.Path });
}
