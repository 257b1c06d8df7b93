using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Dockerfile;
using Manifold.Images;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Projects.SideImages;

/// <summary>What all component folders have in common.</summary>
internal sealed record SideImages(SideImagesSettings Settings, ReleaseFolder Release, ReadingOptions Options);

/// <summary>One folder below components/: where its image comes from, architecture by architecture.</summary>
internal sealed partial class ComponentFolder(string folder, SideImages all, ProjectFaults faults)
{
    private readonly string shown = ProjectPaths.In(all.Options).Shown(folder);

    // Components may share files by links; none leads out of the project.
    private readonly ForeignFolder files = new(Path.GetDirectoryName(Path.GetDirectoryName(folder))!);
    private ImageReferences? ownReferences;

    private string Name { get; } = Path.GetFileName(folder);

    /// <summary>False for a folder that has no say in any image: patches that components share, notes.</summary>
    /// <remarks>Nor is one whose name is not UTF-8: no image can be called so.</remarks>
    public static bool IsComponent(string folder) =>
        Directory.Exists(folder) && Directory.EnumerateFiles(folder).Select(Path.GetFileName).Any(name =>
            name is "Dockerfile" or "ImageSource" or "repo" or "commit" or "build_binaries"
            || name!.StartsWith("Dockerfile.", StringComparison.Ordinal) || name.StartsWith("ImageSource.", StringComparison.Ordinal));

    /// <summary>The component, or null where faults stand in its way.</summary>
    public Component? Read()
    {
        if (InFolder("image-references") is not null)
            ownReferences = ImageReferences.Read(Text("image-references"), faults);
        var sources =
            all.Settings.Architectures.Select(architecture => (Architecture: architecture, Source: SourceFor(architecture))).ToList();
        if (!ImageReference.TryParse($"{all.Settings.Registry}/{Name}:{all.Release.Tag}", out var reference))
            faults.Add(shown, $"'{Name}' is not a valid image name",
                "Expected lower-case letters and digits, with single '.', '_' or '-' between them.");
        var release = Find(Name);
        var checkout = Checkout(release);
        if (sources.Any(each => each.Source is null) || reference is null)
            return null;
        var built = sources.Where(each => each.Source is BuildSource).ToList();
        return new Component
        {
            Name = Name,
            Place = new Place(shown, 1, 1, 1),
            Platforms = [.. sources.Select(each => new ComponentPlatform(SideImagesSettings.PlatformOf(each.Architecture), each.Source!))
                .DistinctBy(each => each.Platform)],
            Tags = [reference],
            PlatformTags = true,
            PlatformTagNames = sources.DistinctBy(each => SideImagesSettings.PlatformOf(each.Architecture))
                .ToImmutableDictionary(each => SideImagesSettings.PlatformOf(each.Architecture), each => each.Architecture),
            Checkout = built.Count > 0 ? checkout : null,
            Before = Hooks(built.Select(each => (each.Architecture, ((BuildSource)each.Source!).DockerfilePath!))),
        };
    }

    /// <summary>The file that says where an architecture's image comes from: the first of four.</summary>
    private ComponentSource? SourceFor(string architecture)
    {
        string[] names = [$"ImageSource.{architecture}", $"Dockerfile.{architecture}", "ImageSource", "Dockerfile"];
        if (names.FirstOrDefault(name => InFolder(name) is not null) is not { } found)
        {
            faults.Add(shown, $"component '{Name}' has no Dockerfile or ImageSource for {architecture}",
                $"Add one of {string.Join(", ", names)}, or remove {architecture} from ARCHITECTURES.");
            return null;
        }
        return found.StartsWith("ImageSource", StringComparison.Ordinal) ? Taken(found) : Built(found, architecture);
    }

    private BuildSource Built(string file, string architecture) => new()
    {
        Place = new Place(Path.Combine(shown, file), 1, 1, 1),
        ContextFolder = folder,
        DockerfilePath = Path.Combine(shown, file),
        Arguments = Arguments(),
    };

    private ImmutableSortedDictionary<string, string> Arguments()
    {
        var arguments = ImmutableSortedDictionary<string, string>.Empty.Add("REGISTRY", all.Settings.Registry);
        foreach (var name in (ReadOnlySpan<string>)["OKD_TAG", "OCP_TAG", "RELEASE_TAG"])
            arguments = arguments.Add(name, all.Release.Tag);
        return all.Options.Variable("VERSION") is { } version ? arguments.Add("VERSION", version) : arguments;
    }

    private ImageSource? Taken(string file)
    {
        var text = Text(file);
        var lines = Enumerable.Range(0, text.Source.Count).Where(line => !text.Source.Line(line).IsWhiteSpace()).ToList();
        if (lines.Count == 0)
        {
            faults.Add(text, text.Source.PlaceOf(0, 0, 1),
                $"{file} is empty", "Expected one line: an image reference, or a variable such as $OKD_IMAGE_AMD64.");
            return null;
        }
        if (lines.Count > 1)
        {
            faults.Add(text, text.Source.PlaceOf(lines[1], 0, text.Source.Line(lines[1]).Length), $"{file} has more than one line",
                "Expected only an image reference.");
            return null;
        }
        var line = text.Source.Line(lines[0]);
        var word = line.Trim().ToString();
        var place = text.Source.PlaceOf(lines[0], line.IndexOf(word, StringComparison.Ordinal), word.Length);
        return word.Contains('$', StringComparison.Ordinal) ? OfRelease(text, place, word) : Named(text, place, word);
    }

    private ImageSource? Named(LocatedText text, Place place, string word)
    {
        if (ImageLocation.TryParse(word, out var location))
            return new ImageSource(location.Path is null ? location.ToString() : InFiles(word)) { Place = place };
        faults.Add(text, place, $"'{word}' is not an image reference", "Expected [registry/]repository[:tag][@digest], in lower case.");
        return null;
    }

    /// <summary>A layout's or an archive's path begins in the component's folder.</summary>
    private string InFiles(string word)
    {
        var colon = word.IndexOf(':', StringComparison.Ordinal);
        return word[..(colon + 1)] + Path.Combine(folder, word[(colon + 1)..]);
    }

    private ImageSource? OfRelease(LocatedText text, Place place, string word)
    {
        if (VariablePattern().Match(word) is not { Success: true })
            faults.Add(text, place, $"'{word}' is not a known variable", "Use $OKD_IMAGE_ARCH, $OCP_IMAGE_ARCH or $RELEASE_IMAGE_ARCH, on "
                + "a line by itself. It stands for the component's image in image-references.");
        else if (Find(Name)?.Image is { } image)
            return Named(text, place, image);
        else if ((ownReferences ?? all.Release.References) is not { } references)
            faults.Add(text, place, $"{word} needs the file image-references, which does not exist",
                "Get it with: oc adm release extract RELEASE --file=image-references > image-references");
        else
            faults.Add(text, place,
                $"{references.FileName} has no image for '{Name}'", Suggestion.For(Name, references.Components.Select(each => each.Name)));
        return null;
    }

    private ReleaseComponent? Find(string name) => ownReferences?.Find(name) ?? all.Release.References?.Find(name);

    /// <summary>As the script has it, the release's word comes before the files'.</summary>
    private SourceCheckout? Checkout(ReleaseComponent? release)
    {
        var source = Path.Combine(folder, "src");
        var repository =
            release?.Repository is { } location ? (location, (ownReferences ?? all.Release.References)!.FileName) : OneLine("repo");
        var commit = release is { Repository: not null, Commit: { } id } ? (id, "") : OneLine("commit");
        if (repository is not var (address, file))
            return Directory.Exists(source) ? new SourceCheckout
            {
                Folder = source,
                VersionArgument = "VERSION",
                Place = new Place(Path.Combine(shown, "src"), 1, 1, 1),
            } : null;
        return new SourceCheckout
        {
            Repository = address,
            Commit = commit?.Item1,
            Folder = source,
            VersionArgument = "VERSION",
            Place = release?.Repository is not null ? release.Place : new Place(file, 1, 1, address.Length),
        };
    }

    /// <summary>A file of one word, which git gets; null where there is no such file.</summary>
    private (string Word, string File)? OneLine(string name)
    {
        if (InFolder(name) is null)
            return null;
        var text = Text(name);
        var word = text.Text.Trim();
        if (word.Length > 0 && word[0] != '-' && !word.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
            return (word, text.FileName);
        faults.Add(text, text.Source.PlaceOf(0, 0, 1), word.Length == 0 ? $"{name} is empty"
            : $"{name} has more than one word or starts with '-'",
            name == "repo" ? "Expected the address of a git repository." : "Expected a commit, a tag or a branch.");
        return null;
    }

    private ImmutableArray<Hook> Hooks(IEnumerable<(string Architecture, string Dockerfile)> built)
    {
        if (InFolder("build_binaries") is not { } script || (File.GetUnixFileMode(script) & UnixFileMode.UserExecute) == 0)
            return [];
        var place = new Place(Path.Combine(shown, "build_binaries"), 1, 1, 1);
        return [.. built.Select(each => new Hook
        {
            Command = ["./build_binaries", each.Architecture],
            Folder = folder,
            Place = place,
            // What says how to build the image is no input of the binaries; git's own files change with every fetch.
            Inputs = ["**", "!bin", "!src/.git", "!Dockerfile", "!Dockerfile.*", "!ImageSource", "!ImageSource.*"],
            Outputs = Binaries.CopiedBy(Text(Path.GetFileName(each.Dockerfile)), each.Architecture) is { IsEmpty: false } copied
                ? copied
                : [$"bin/{Name}-{each.Architecture}"],
            Platform = SideImagesSettings.PlatformOf(each.Architecture),
        })];
    }

    private LocatedText Text(string name) =>
        LocatedText.Read(files, Path.Combine(SideImagesFolder.ComponentsName, Name, name), Path.Combine(shown, name));

    private string? InFolder(string name) => Path.Combine(folder, name) is var path && File.Exists(path) ? path : null;

    [GeneratedRegex(@"^\$(?:(?:OKD|OCP|RELEASE)_IMAGE_[A-Z0-9]+|\{(?:OKD|OCP|RELEASE)_IMAGE_[A-Z0-9]+\})\z")]
    private static partial Regex VariablePattern();
}
