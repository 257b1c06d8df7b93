using System.Collections.Immutable;
using Manifold.Dockerfile;
using Manifold.Oci;
using Manifold.Projects;
using Manifold.Projects.SideImages;
using Manifold.Projects.Yaml;

namespace Manifold.Tests.Projects.SideImages;

public sealed class ReadingSideImages : IDisposable
{
    private const string Release = """
        {"kind": "ImageStream", "apiVersion": "image.openshift.io/v1", "metadata": {"name": "4.8.0-okd"}, "spec": {"lookupPolicy": {"local": true}, "tags": [
          {"name": "coredns", "annotations": {"io.openshift.build.commit.id": "abc123", "io.openshift.build.source-location": "https://git.example.com/coredns"},
           "from": {"kind": "DockerImage", "name": "quay.example.com/okd@sha256:1111111111111111111111111111111111111111111111111111111111111111"}},
          {"name": "tests", "annotations": null, "from": {"kind": "DockerImage", "name": "quay.example.com/tests:1"}}
        ]}}
        """;

    private readonly TemporaryFolder folder = new();
    private readonly Dictionary<string, string> environment = new() { ["DEST_REGISTRY"] = "quay.example.com/side", ["OKD_TAG"] = "4.8" };

    public void Dispose() => folder.Dispose();

    [Fact]
    public void each_architecture_takes_the_first_of_the_four_files()
    {
        Component("pause", ("ImageSource.amd64", "k8s.example.com/pause:3.6"), ("Dockerfile.amd64", "FROM scratch"),
            ("Dockerfile.riscv64", "FROM scratch"), ("ImageSource", "k8s.example.com/all:1\n"), ("Dockerfile", "FROM scratch"));

        var sources = Read().Find("pause")!.Platforms.ToDictionary(each => each.Platform.ToString(), each => each.Source);

        Assert.Equal("k8s.example.com/pause:3.6", Assert.IsType<ImageSource>(sources["linux/amd64"]).Location);
        Assert.Equal("k8s.example.com/all:1", Assert.IsType<ImageSource>(sources["linux/arm64"]).Location);
        Assert.Equal(Path.Combine("components", "pause", "Dockerfile.riscv64"),
            Assert.IsType<BuildSource>(sources["linux/riscv64"]).DockerfilePath);
    }

    [Fact]
    public void without_another_word_five_architectures_are_baked_and_all_components_and_nothing_is_pushed()
    {
        Component("b", ("Dockerfile", "FROM scratch"));
        Component("a", ("Dockerfile", "FROM scratch"));
        environment.Clear();

        var project = Read();

        Assert.Equal(["a", "b"], project.Select([]).Select(each => each.Name));
        Assert.Equal(["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/ppc64le", "linux/riscv64"],
            project.Components[0].Platforms.Select(each => each.Platform.ToString()));
        Assert.Equal("quay.io/microshift/a:latest", Assert.Single(project.Components[0].Tags).ToString());
        Assert.False(project.Push);
        Assert.Null(project.Jobs);
    }

    [Fact]
    public void the_environment_chooses_registry_components_architectures_push_and_parallelism()
    {
        Component("base-image", ("Dockerfile", "FROM scratch"));
        Component("cli", ("Dockerfile", "FROM scratch"));
        foreach (var (name, value) in new[] { ("COMPONENTS", "cli"), ("ARCHITECTURES", "arm64  arm"), ("PUSH", "yes"), ("PARALLEL", "no") })
            environment[name] = value;

        var project = Read();

        Assert.Equal(["cli"], project.Select([]).Select(each => each.Name));
        Assert.NotNull(project.Find("base-image")); // cli may stand on it
        Assert.Equal(["linux/arm64", "linux/arm/v7"], project.Find("cli")!.Platforms.Select(each => each.Platform.ToString()));
        Assert.True(project.Push);
        Assert.Equal(1, project.Jobs);
        Assert.Equal("quay.example.com/side/cli:4.8", Assert.Single(project.Find("cli")!.Tags).ToString());
    }

    [Fact]
    public void the_folder_of_the_components_may_be_named_itself()
    {
        Component("cli", ("Dockerfile", "FROM scratch"));

        Assert.True(SideImagesFolder.Is(folder["components"]));
        Assert.Equal("cli", Assert.Single(SideImagesFolder.Read("components", Options()).Components).Name);
        Assert.Equal(folder.Path, SideImagesFolder.Read("components", Options()).Folder);
    }

    [Fact]
    public void a_dockerfile_gets_the_registry_and_the_tag_under_all_its_names()
    {
        Component("cli", ("Dockerfile", "ARG OKD_TAG\nARG REGISTRY\nFROM $REGISTRY/base-image:$OKD_TAG"));

        var build = Assert.IsType<BuildSource>(Read().Components[0].Platforms[0].Source);

        Assert.Equal(["OCP_TAG=4.8", "OKD_TAG=4.8", "REGISTRY=quay.example.com/side", "RELEASE_TAG=4.8"],
            build.Arguments.Select(each => $"{each.Key}={each.Value}"));
        Assert.Equal(folder["components/cli"], build.ContextFolder);
    }

    [Fact]
    public void arm_is_arm_v7_with_a_base_called_armhfp_and_a_tag_that_ends_in_arm()
    {
        Component("cli", ("Dockerfile", "FROM scratch"));

        var component = Read().Components[0];

        Assert.True(component.PlatformTags);
        Assert.Equal("arm", component.PlatformTagNames[Platform.Parse("linux/arm/v7")]);
        Assert.Equal("quay.example.com/side/cli:4.8-arm",
            Manifold.Publishing.PublicationRequest.OfPlatform(component.Tags[0], Platform.Parse("linux/arm/v7"), "arm").ToString());
    }

    [Theory]
    [InlineData("$OKD_IMAGE_AMD64")]
    [InlineData("$OCP_IMAGE_AMD64")]
    [InlineData("${RELEASE_IMAGE_AMD64}")]
    public void a_variable_means_the_components_image_of_the_release(string variable)
    {
        folder.Write("image-references", Release);
        Component("coredns", ("ImageSource", variable + "\n"));

        Assert.Equal("quay.example.com/okd@sha256:1111111111111111111111111111111111111111111111111111111111111111",
            Assert.IsType<ImageSource>(Read().Components[0].Platforms[0].Source).Location);
    }

    [Theory]
    [InlineData("components/image-references")]
    [InlineData("components/coredns/image-references")]
    [InlineData(".image-references.4.8")]
    [InlineData("elsewhere.json")]
    public void the_release_is_found_where_people_keep_it(string path)
    {
        folder.Write(path, Release);
        Component("coredns", ("ImageSource", "$OKD_IMAGE_AMD64"));
        if (path == "elsewhere.json")
            environment["IMAGE_REFERENCES"] = path;

        Assert.IsType<ImageSource>(Read().Components[0].Platforms[0].Source);
    }

    [Fact]
    public void the_release_may_be_yaml()
    {
        folder.Write("image-references", """
            kind: ImageStream
            metadata: {name: 4.9-okd}
            spec:
              tags:
              - name: coredns
                annotations:
                  io.openshift.build.commit.id: abc123
                  io.openshift.build.source-location: https://git.example.com/coredns
                from: {kind: DockerImage, name: "quay.example.com/coredns:1"}
            """);
        Component("coredns", ("ImageSource.amd64", "$OKD_IMAGE_AMD64"), ("Dockerfile", "FROM scratch"));
        environment.Remove("OKD_TAG");

        var component = Read().Components[0];

        Assert.Equal("quay.example.com/coredns:1", Assert.IsType<ImageSource>(component.Platforms[0].Source).Location);
        Assert.Equal("abc123", component.Checkout!.Commit);
        Assert.Equal("4.9-okd", component.Tags[0].Tag);
    }

    [Fact]
    public void the_tag_without_a_variable_is_the_sources_base_or_the_releases_name()
    {
        Component("cli", ("Dockerfile", "FROM scratch"));
        environment.Remove("OKD_TAG");
        folder.Write("image-references", Release);
        Assert.Equal("4.8.0-okd", Read().Components[0].Tags[0].Tag);

        folder.Write("pkg/release/release.go", "package release\n\n// Base is\nvar Base = \"4.8.0-0.microshift\"\n");
        Assert.Equal("4.8.0-0.microshift", Read().Components[0].Tags[0].Tag);
    }

    [Fact]
    public void the_source_comes_from_the_release_or_from_repo_and_commit_and_its_version_is_an_argument()
    {
        folder.Write("image-references", Release);
        Component("coredns", ("Dockerfile", "FROM scratch"), ("repo", "https://git.example.com/other"), ("commit", "main"));
        Component("hostpath", ("Dockerfile", "FROM scratch"), ("repo", "https://git.example.com/hostpath\n"), ("commit", "v0.9\n"));
        Component("plain", ("Dockerfile", "FROM scratch"));
        Component("taken", ("ImageSource", "busybox"), ("repo", "https://git.example.com/x"), ("commit", "y"));

        var project = Read();

        Assert.Equal(("https://git.example.com/coredns", "abc123"), Source("coredns"));
        Assert.Equal(("https://git.example.com/hostpath", "v0.9"), Source("hostpath"));
        Assert.Equal("VERSION", project.Find("hostpath")!.Checkout!.VersionArgument);
        Assert.Equal(folder["components/hostpath/src"], project.Find("hostpath")!.Checkout!.Folder);
        Assert.Null(project.Find("plain")!.Checkout);
        Assert.Null(project.Find("taken")!.Checkout); // nothing is built of it

        (string?, string?) Source(string name) => (project.Find(name)!.Checkout!.Repository, project.Find(name)!.Checkout!.Commit);
    }

    [Fact]
    public void the_hook_runs_for_each_architecture_that_is_built_and_makes_what_its_dockerfile_copies()
    {
        Component("haproxy-router",
            ("Dockerfile", "FROM scratch\nARG TARGETARCH\nCOPY bin/openshift-router-$TARGETARCH /router\nCOPY --from=x bin/y /"),
            ("ImageSource.amd64", "busybox"));
        Component("pause", ("Dockerfile.riscv64", "FROM scratch"), ("ImageSource", "busybox"));
        Executable("haproxy-router");
        Executable("pause");

        var project = Read();

        var hooks = project.Find("haproxy-router")!.Before;
        Assert.Equal(["arm64", "arm", "ppc64le", "riscv64"], hooks.Select(hook => hook.Command[1]));
        Assert.Equal(["bin/openshift-router-arm64"], hooks[0].Outputs);
        Assert.Equal(folder["components/haproxy-router"], hooks[0].Folder);
        Assert.Equal(Platform.Parse("linux/arm/v7"), hooks[1].Platform);
        var pause = Assert.Single(project.Find("pause")!.Before);
        Assert.Equal(["bin/pause-riscv64"], pause.Outputs);
    }

    [Fact]
    public void what_a_hook_makes_and_how_the_image_is_built_are_no_inputs_of_it()
    {
        Component("pause", ("Dockerfile", "FROM scratch"));
        Executable("pause");
        var rules = IgnoreRules.Parse("inputs", string.Join('\n', Read().Components[0].Before[0].Inputs));

        Assert.Equal(["src/main.c", "0001.patch", "build_binaries"],
            new[] { "src/main.c", "0001.patch", "build_binaries", "bin/pause-arm", "src/.git/FETCH_HEAD", "Dockerfile.arm", "ImageSource" }
                .Where(path => rules.Match(path).Excluded));
    }

    [Fact]
    public void every_fault_is_told_at_once_with_its_file()
    {
        folder.Write("image-references", Release);
        Component("coredns", ("ImageSource.amd64", "$OKD_IMAGE_AMD64"), ("Dockerfile.arm", "FROM scratch"));
        Component("empty", ("ImageSource", "\n \n"));
        Component("two", ("ImageSource", "busybox\nalpine\n"));
        Component("wrong", ("ImageSource", "  $PAUSE_IMAGE\n"));
        Component("tets", ("ImageSource", "$OKD_IMAGE_AMD64"));
        Component("Upper", ("ImageSource", "bad reference"));
        Component("source", ("Dockerfile", "FROM scratch"), ("repo", "--upload-pack=evil x"), ("commit", ""));
        environment["PUSH"] = "maybe";
        environment["ARCHITECTURES"] = "amd46 amd64 riscv64";

        var faults = Assert.Throws<ProjectFileException>(Read).Diagnostics.Select(each => each.Render()).ToList();

        Assert.Contains(
            "environment:1:1: error: PUSH must be yes or no\n  PUSH=maybe\n  ^^^^^^^^^^\n  hint: Expected PUSH=yes or PUSH=no.", faults);
        Assert.Contains(faults, fault => fault.Contains("'amd46'", StringComparison.Ordinal) && fault.EndsWith("Did you mean amd64?",
            StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("components/coredns:1:1: error: component 'coredns'", StringComparison.Ordinal)
            && fault.Contains("hint: Add one of ImageSource.riscv64, Dockerfile.riscv64, ImageSource, Dockerfile, ",
            StringComparison.Ordinal));
        Assert.Contains(faults,
            fault => fault.StartsWith("components/empty/ImageSource:1:1: error: ImageSource is empty", StringComparison.Ordinal));
        Assert.Contains(faults, fault =>
            fault.StartsWith("components/two/ImageSource:2:1: error: ImageSource has more than one line", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("components/wrong/ImageSource:1:3: error: '$PAUSE_IMAGE'",
            StringComparison.Ordinal));
        Assert.Contains(faults, fault =>
            fault.StartsWith("components/tets/ImageSource:1:1: error: image-references has no image for 'tets'", StringComparison.Ordinal)
                && fault.EndsWith("Did you mean tests?", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("components/Upper:1:1: error: 'Upper'", StringComparison.Ordinal));
        Assert.Contains(faults, fault => fault.StartsWith("components/Upper/ImageSource:1:1: error: 'bad reference'",
            StringComparison.Ordinal));
        Assert.Contains(faults,
            fault => fault.StartsWith("components/source/repo:1:1: error: repo has more than one word", StringComparison.Ordinal));
        Assert.Contains(faults,
            fault => fault.StartsWith("components/source/commit:1:1: error: commit is empty", StringComparison.Ordinal));
    }

    [Fact]
    public void a_release_that_is_no_json_is_refused_with_its_line()
    {
        folder.Write("image-references", "{\n  \"spec\": {\"tags\": [}\n}");
        Component("cli", ("Dockerfile", "FROM scratch"));

        Assert.StartsWith("image-references:2:21: error: expected a value", Assert.Throws<ProjectFileException>(Read).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void a_component_that_nobody_asks_for_stops_nothing()
    {
        Component("broken", ("ImageSource", ""));
        Component("cli", ("Dockerfile", "FROM scratch"));
        folder.Write("components/patches/arm.patch", "");
        environment["COMPONENTS"] = "cli";

        var project = Read();

        Assert.Equal("cli", Assert.Single(project.Components).Name);
        Assert.Equal("components/broken is skipped: ImageSource is empty.", Assert.Single(project.Warnings));
    }

    [Fact]
    public void a_mistyped_component_is_told()
    {
        Component("base-image", ("Dockerfile", "FROM scratch"));
        environment["COMPONENTS"] = "base-imgae";

        Assert.EndsWith("Did you mean base-image?",
            Assert.Throws<ProjectFileException>(Read).Diagnostics[0].Render(), StringComparison.Ordinal);
    }

    private void Component(string name, params (string File, string Content)[] files)
    {
        foreach (var (file, content) in files)
            folder.Write($"components/{name}/{file}", content);
    }

    private void Executable(string name)
    {
        var path = folder.Write($"components/{name}/build_binaries", "#!/bin/sh\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private Project Read() => SideImagesFolder.Read(".", Options());

    private ReadingOptions Options() =>
        new(environment.ToImmutableSortedDictionary(StringComparer.Ordinal)) { WorkingFolder = folder.Path };
}
