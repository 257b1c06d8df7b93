using Manifold.Dockerfile;
using Manifold.Dockerfile.Checks;
using Manifold.Oci;

namespace Manifold.Projects.Drafting;

/// <summary>A name in FROM or <c>--from</c> that means another image of the draft.</summary>
/// <param name="Text">The name as the Dockerfile has it, arguments replaced by their defaults.</param>
/// <param name="Needs">The image that it means.</param>
/// <param name="How">How sure that is.</param>
internal sealed record SiblingUse(string Text, string Needs, Place Place, SiblingMeaning How);

internal enum SiblingMeaning
{
    /// <summary>It is that image's own name, which manifold.yaml recognizes.</summary>
    ByName,

    /// <summary>It is the published name of that image, and the file must say so.</summary>
    ByContext,

    /// <summary>It ends with that image's name, and may also be an image of somebody else.</summary>
    Perhaps,
}

/// <summary>Recognizes the images of a draft in each other's Dockerfiles.</summary>
/// <param name="owner">The user or group that the git remote names.</param>
/// <param name="names">What an image may be called in a registry, and the image.</param>
internal sealed class SiblingGuess(string? owner, IReadOnlyDictionary<string, string> names)
{
    private readonly Dictionary<string, HashSet<string>> bases = new(StringComparer.Ordinal);

    /// <summary>The uses in one image's Dockerfiles, each name once. A use that would close a circle is left out.</summary>
    public IReadOnlyList<SiblingUse> In(string image, IEnumerable<DockerfileTree> trees)
    {
        var found = new List<SiblingUse>();
        foreach (var tree in trees)
        {
            var defaults = BaseNames.Defaults(tree);
            foreach (var (written, place, before) in Names(tree))
            {
                if (Expansion.Expand(written, defaults.GetValueOrDefault, tree.Escape) is not { Error: null, Text: var text }
                    || IsStage(tree, text, before) || Meaning(image, written, text) is not var (needs, how)
                    || found.Any(use => use.Text == text) || (how != SiblingMeaning.Perhaps && !TryNeed(image, needs)))
                    continue;
                found.Add(new SiblingUse(text, needs, place, how));
            }
        }
        return found;
    }

    private (string Needs, SiblingMeaning How)? Meaning(string image, string written, string text)
    {
        if (!ImageReference.TryParse(text, out var reference) || reference.Digest is not null)
            return null;
        var last = reference.Repository[(reference.Repository.LastIndexOf('/') + 1)..];
        var isBare = !text.Contains('/', StringComparison.Ordinal);
        if (!names.TryGetValue(last, out var needs) || needs == image || (!isBare && reference.Name == $"docker.io/library/{last}"))
            return null;
        if (isBare && ImageNames.IsOfficial(last))
            return null;
        if (isBare && last == needs && reference.Tag == "latest")
            return (needs, SiblingMeaning.ByName);
        var before = reference.Repository[..Math.Max(0, reference.Repository.Length - last.Length - 1)];
        var isOwn = isBare || (written.Contains('$', StringComparison.Ordinal) && !written.StartsWith(last, StringComparison.Ordinal))
            || IsLocal(reference.Registry) || (owner is not null && before.Split('/')[0] == owner);
        return (needs, isOwn ? SiblingMeaning.ByContext : SiblingMeaning.Perhaps);
    }

    private static bool IsLocal(string registry) => registry.Split(':')[0] is "localhost" or "127.0.0.1";

    private static IEnumerable<(string Name, Place Place, int Before)> Names(DockerfileTree tree) =>
        tree.Stages.SelectMany(stage => stage.Instructions.SelectMany(Others).Select(name => (name.Name, name.Place, int.MaxValue))
            .Prepend((stage.From.Image, stage.From.Source.Place, stage.Index)));

    private static IEnumerable<(string Name, Place Place)> Others(Instruction instruction) => instruction switch
    {
        CopyInstruction { From: { } from } => [(from, instruction.Source.Place)],
        RunInstruction run => run.Mounts.Select(mount => mount.From).OfType<string>().Select(from => (from, instruction.Source.Place)),
        _ => [],
    };

    private static bool IsStage(DockerfileTree tree, string text, int before) => text is "scratch" || (before == int.MaxValue
        ? tree.Find(text) is not null : tree.FindByName(text, before) is not null);

    private bool TryNeed(string image, string needs)
    {
        if (Reaches(needs, image))
            return false;
        if (!bases.TryGetValue(image, out var known))
            bases[image] = known = new HashSet<string>(StringComparer.Ordinal);
        known.Add(needs);
        return true;
    }

    private bool Reaches(string from, string to)
    {
        var (seen, pending) = (new HashSet<string>(StringComparer.Ordinal), new Stack<string>([from]));
        while (pending.TryPop(out var next))
        {
            if (next == to)
                return true;
            foreach (var below in seen.Add(next) ? bases.GetValueOrDefault(next, []) : [])
                pending.Push(below);
        }
        return false;
    }
}
