using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Registry;

/// <summary>
/// Which hosts serve a name, as <c>registries.conf</c> has it:
/// other locations, mirrors, hosts without TLS, blocked ones, short names.
/// </summary>
/// <remarks>
/// <code>
/// 1  $CONTAINERS_REGISTRIES_CONF, else ~/.config/containers/registries.conf, else /etc/containers/registries.conf
/// 2  /etc/containers/registries.conf.d/*.conf, ~/.config/containers/registries.conf.d/*.conf    a later prefix replaces an earlier one;
///                                                                                               beside the user's own file only the user's
/// 3  the longest prefix that matches a name decides
/// </code>
/// Read when it is first needed. <see cref="Names"/> come first: what is looked up here has its registry.
/// Source: containers-registries.conf(5), version 2, and containers-registries.conf.d(5).
/// </remarks>
internal sealed class RegistriesConf
{
    public static RegistriesConf Empty { get; } = new([], "");

    private readonly Lazy<ImmutableArray<Rule>> rules;
    private readonly Lazy<ShortNames> names;

    /// <param name="aliases">What podman keeps for the user: it wins over the files, and may be missing.</param>
    private RegistriesConf(IEnumerable<string> files, string aliases)
    {
        var documents = new Lazy<ImmutableArray<(string File, JsonObject Root)>>(() => [.. files.Select(file => (file, Open(file)))]);
        rules = new(() => [.. documents.Value.SelectMany(document => Reading(document.File, () => ReadRules(document.File, document.Root)))
            .GroupBy(rule => rule.Prefix).Select(same => same.Last()).OrderByDescending(rule => rule.Prefix.Length)]);
        names = new(() => ReadNames(documents.Value, aliases));
    }

    private RegistriesConf(Lazy<ImmutableArray<Rule>> rules, Lazy<ShortNames> names) => (this.rules, this.names) = (rules, names);

    /// <summary>The meaning of names without a registry.</summary>
    internal ShortNames Names => names.Value;

    /// <summary>Everything that a name may stand for on this machine, the best first: several for a name without a registry.</summary>
    public ImmutableArray<ImageReference> LocalNames(ImageReference name) => Names.Local(name);

    /// <summary>The same for whoever writes: every name stands for itself.</summary>
    internal RegistriesConf ForTargets() =>
        new(new Lazy<ImmutableArray<Rule>>(() => [.. rules.Value.Select(rule => rule with { Location = "", Mirrors = [] })]),
            new(static () => new ShortNames()));

    /// <summary>True if a name is read from a mirror first. Its registry may then be out of reach.</summary>
    internal bool HasMirrors(ImageReference name) => Find(name) is { Mirrors.IsEmpty: false };

    /// <summary>Names are read where they are written.</summary>
    internal bool MovesNothing =>
        rules.Value.All(rule => rule.Mirrors.IsEmpty && (rule.Location.Length == 0 || rule.Location == rule.Prefix));

    /// <param name="Source">The file, for messages.</param>
    private sealed record Rule(
        string Source,
        string Prefix,
        string Location,
        bool Insecure,
        bool Blocked,
        bool MirrorByDigestOnly,
        ImmutableArray<Mirror> Mirrors);

    private sealed record Mirror(string Location, bool Insecure, string Use);

    /// <summary>One place that a name may be pulled from.</summary>
    /// <param name="Reference">What it is called there.</param>
    internal sealed record Endpoint(ImageReference Reference, bool Insecure, bool IsMirror);

    /// <param name="root">Stands for <c>/</c> of what is the system's.</param>
    public static RegistriesConf From(IReadOnlyDictionary<string, string> environment, string root = "/")
    {
        string? Variable(string name) => environment.GetValueOrDefault(name) is { Length: > 0 } value ? value : null;
        var system = Path.Combine(root, "etc/containers/registries.conf");
        var home = Variable("HOME") ?? "/root";
        var own = Path.Combine(Variable("XDG_CONFIG_HOME") ?? Path.Combine(home, ".config"), "containers/registries.conf");
        var cache = User.IsRoot ? Path.Combine(root, "var/cache") : Variable("XDG_CACHE_HOME") ?? Path.Combine(home, ".cache");
        return new(Files(), Path.Combine(cache, "containers/short-name-aliases.conf"));

        IEnumerable<string> Files()
        {
            var main = Variable("CONTAINERS_REGISTRIES_CONF");
            if (main is not null && !File.Exists(main))
                throw new UsageException($"Reading '{main}' (set in CONTAINERS_REGISTRIES_CONF): the file does not exist.");
            var isOwn = main is null && File.Exists(own);
            return new[] { main ?? (isOwn ? own : system) }.Where(File.Exists)
                .Concat((isOwn ? new[] { own } : [system, own]).Select(file => file + ".d").Where(Directory.Exists)
                    .SelectMany(folder => Directory.EnumerateFiles(folder, "*.conf").Where(File.Exists).Order(StringComparer.Ordinal)));
        }
    }

    /// <summary>Where a name can be pulled from, in the order in which to ask; the last is no mirror.</summary>
    /// <param name="byContent">What is asked for has a digest whatever the name says: blobs.</param>
    /// <exception cref="RegistryException">It is blocked.</exception>
    internal ImmutableArray<Endpoint> PullFrom(ImageReference name, bool byContent)
    {
        if (Find(name) is not { } rule)
            return [new Endpoint(name, Insecure: false, IsMirror: false)];
        var digest = name.Digest is not null;
        return [.. rule.Mirrors.Where(mirror => byContent || Serves(rule, mirror, digest))
            .Select(mirror => new Endpoint(Renamed(rule, name, mirror.Location), mirror.Insecure, IsMirror: true))
            .Append(new Endpoint(Renamed(rule, name, rule.Location), rule.Insecure, IsMirror: false))];
    }

    /// <summary>Where a name is pushed to: itself, never a mirror or another location.</summary>
    /// <exception cref="RegistryException">It is blocked.</exception>
    internal Endpoint PushTo(ImageReference name) => new(name, Find(name)?.Insecure is true, IsMirror: false);

    private Rule? Find(ImageReference name)
    {
        var rule = rules.Value.FirstOrDefault(rule => Matched(rule.Prefix, name) is not null);
        if (rule is { Blocked: true })
            throw new RegistryException($"'{name}' is blocked by '{rule.Source}' (prefix '{rule.Prefix}'). Use another image, or remove "
                + "that entry from the file.")
            {
                Registry = name.Registry,
            };
        return rule;
    }

    private static bool Serves(Rule rule, Mirror mirror, bool digest) =>
        rule.MirrorByDigestOnly ? digest : mirror.Use switch { "digest-only" => digest, "tag-only" => !digest, _ => true };

    /// <summary>
    /// The part of a name that a prefix stands for; null where it does not match. <c>*.example.com</c> stands for one host below it.
    /// </summary>
    private static string? Matched(string prefix, ImageReference name)
    {
        var whole = name.ToString();
        if (prefix.StartsWith("*.", StringComparison.Ordinal))
            return name.Registry.EndsWith(prefix[1..], StringComparison.OrdinalIgnoreCase) ? name.Registry : null;
        return whole.StartsWith(prefix, StringComparison.Ordinal)
            && (whole.Length == prefix.Length || whole[prefix.Length] == '/' || (whole[prefix.Length] is ':' or '@'
                && prefix.Contains('/', StringComparison.Ordinal)))
            ? prefix
            : null;
    }

    private static ImageReference Renamed(Rule rule, ImageReference name, string location)
    {
        if (location.Length == 0)
            return name;
        var rest = name.ToString()[Matched(rule.Prefix, name)!.Length..];
        if (!ImageReference.TryParse(location + rest, out var renamed))
            throw new UsageException($"Reading '{rule.Source}': the location '{location}' does not make a valid name for '{name}'.");
        return renamed;
    }

    private static ShortNames ReadNames(ImmutableArray<(string File, JsonObject Root)> documents, string aliases)
    {
        var read = new ShortNames();
        foreach (var (file, root) in File.Exists(aliases) ? documents.Add((aliases, Open(aliases))) : documents)
        {
            Reading(file, () =>
            {
                read.Read(file, root);
                return root;
            });
        }
        return read;
    }

    private static JsonObject Open(string file) => Reading(file, () => TomlReader.Read(File.ReadAllText(file)));

    private static ImmutableArray<Rule> ReadRules(string file, JsonObject root)
    {
        if (root["registries"] is JsonObject)
            throw new FormatException("it uses version 1 of the format; write [[registry]] tables instead");
        return root["registry"] is JsonArray tables ? [.. tables.OfType<JsonObject>().Select(table => ReadRule(file, table))] : [];
    }

    private static T Reading<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            throw new UsageException($"Reading '{file}': {e.Message}. Fix the file; see containers-registries.conf(5).");
        }
    }

    private static Rule ReadRule(string file, JsonObject table)
    {
        var location = Location(table["location"]);
        var prefix = Location(table["prefix"]) is { Length: > 0 } given ? given : location;
        if (prefix.Length == 0)
            throw new FormatException("a [[registry]] has neither 'prefix' nor 'location'");
        var mirrors = (table["mirror"] as JsonArray ?? []).OfType<JsonObject>().Select(mirror => ReadMirror(prefix, mirror));
        return new Rule(
            file, prefix, location,
            Flag(table, "insecure"), Flag(table, "blocked"), Flag(table, "mirror-by-digest-only"), [.. mirrors]);
    }

    private static Mirror ReadMirror(string prefix, JsonObject table)
    {
        var location = Location(table["location"]);
        if (location.Length == 0)
            throw new FormatException($"a mirror of '{prefix}' has no 'location'");
        return new Mirror(location, Flag(table, "insecure"), table["pull-from-mirror"]?.GetValue<string>() ?? "all");
    }

    private static string Location(JsonNode? node)
    {
        var text = node?.GetValue<string>().TrimEnd('/') ?? "";
        if (text.Contains("://", StringComparison.Ordinal))
            throw new FormatException($"'{text}' must not have a scheme");
        return text;
    }

    private static bool Flag(JsonObject table, string name) => table[name]?.GetValue<bool>() ?? false;
}
