using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Manifold.Oci;

namespace Manifold.Registry;

/// <summary>The meaning of names without a registry: aliases, then the registries that are searched.</summary>
/// <remarks>
/// <code>
/// 1  an alias               of the user's short-name-aliases.conf, else of the latest configuration file that has one
/// 2  the search registries  unqualified-search-registries, each with the name behind it, in their order
/// 3  docker.io              where neither says anything
/// </code>
/// Nobody is asked which one is meant: <c>permissive</c> and <c>disabled</c> take the first registry that has the name, <c>enforcing</c>
/// takes none of several.
/// Source: containers-registries.conf(5), "SHORT-NAME ALIASING"; containers/image, pkg/shortnames. There, 3 is an error.
/// </remarks>
internal sealed class ShortNames
{
    private readonly Dictionary<string, string> aliases = new(StringComparer.Ordinal);
    private ImmutableArray<string> search = [];
    private string mode = "permissive";
    private string source = "";

    /// <summary>Takes over what a file says; a later one wins.</summary>
    /// <exception cref="FormatException">It says nonsense.</exception>
    public void Read(string file, JsonObject root)
    {
        if (root["unqualified-search-registries"] is JsonArray registries)
            (search, source) = ([.. registries.Select(registry => Registry(registry!.GetValue<string>()))], file);
        if (root["short-name-mode"]?.GetValue<string>() is { Length: > 0 } named)
        {
            if (named is not ("permissive" or "enforcing" or "disabled"))
                throw new FormatException($"the short-name-mode '{named}' is not permissive, enforcing or disabled");
            mode = named;
        }
        foreach (var (name, value) in root["aliases"] as JsonObject ?? [])
            aliases[ShortName(name)] = Alias(name, value?.GetValue<string>() ?? "");
    }

    /// <summary>
    /// Everything that a short name may stand for on this machine:
    /// itself, as a build names it, and whatever it is resolved to.
    /// </summary>
    public ImmutableArray<ImageReference> Local(ImageReference name) => name.ShortName is null ? [name]
        : [name.Qualified(), .. Candidates(name)];

    /// <summary>The places to look for a name, in this order; the name itself if it has a registry.</summary>
    /// <exception cref="UsageException">It may be any of several, and the configuration wants nobody to guess.</exception>
    public ImmutableArray<ImageReference> Remote(ImageReference name)
    {
        var candidates = name.ShortName is null ? [name] : Candidates(name);
        if (mode == "enforcing" && candidates.Length != 1)
            throw new UsageException(
                $"'{name.ShortName}' has no registry, but '{source}' requires one (short-name-mode = enforcing). Write one of: "
                    + $"{string.Join(", ", candidates)}.");
        return candidates;
    }

    private ImmutableArray<ImageReference> Candidates(ImageReference name)
    {
        if (aliases.GetValueOrDefault(name.ShortName!) is { Length: > 0 } alias)
            return [Named(alias)];
        return search.IsEmpty ? [name.Qualified()] : [.. search.Select(registry => Named($"{registry}/{name.ShortName}"))];

        ImageReference Named(string repository) =>
            ImageReference.Parse(repository + (name.Tag is { } tag ? $":{tag}" : "") + (name.Digest is { } digest ? $"@{digest}" : ""));
    }

    private static string Registry(string text)
    {
        if (!ImageReference.TryParse($"{text.TrimEnd('/')}/name", out var reference) || reference.ShortName is not null)
            throw new FormatException($"'{text}' in unqualified-search-registries is not a registry");
        return text.TrimEnd('/');
    }

    private static string ShortName(string text)
    {
        if (!ImageReference.TryParse(text, out var reference) || reference.ShortName != text || reference.Digest is not null)
            throw new FormatException($"the alias '{text}' must be a name without registry, tag and digest");
        return text;
    }

    /// <summary>An empty value takes back what an earlier file says.</summary>
    private static string Alias(string name, string value)
    {
        if (value.Length == 0)
            return value;
        if (!ImageReference.TryParse(value, out var reference)
            || reference is not { ShortName: null, Digest: null }
            || value[(value.LastIndexOf('/') + 1)..].Contains(':', StringComparison.Ordinal))
            throw new FormatException($"'{name}' is an alias for '{value}', which is not REGISTRY/REPOSITORY");
        return value;
    }
}
