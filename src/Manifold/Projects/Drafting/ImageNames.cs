using System.Text.RegularExpressions;

namespace Manifold.Projects.Drafting;

/// <summary>Names for images that are also valid in a registry, from the names of folders and files.</summary>
internal static partial class ImageNames
{
    private const int Longest = 100;

    /// <summary>Images of Docker Hub, which <c>FROM name</c> means even if a folder of the project has the same name.</summary>
    private static readonly HashSet<string> Official = new(StringComparer.Ordinal)
    {
        "almalinux", "alpine", "amazonlinux", "archlinux", "bash", "buildpack-deps", "busybox", "caddy", "cassandra", "clojure",
        "couchdb", "dart", "debian", "docker", "eclipse-temurin", "elasticsearch", "elixir", "erlang", "fedora", "gcc", "ghost", "golang",
        "gradle", "groovy", "haproxy", "haskell", "httpd", "influxdb", "jetty", "julia", "kibana", "logstash", "mariadb", "maven",
        "memcached", "mongo", "mono", "mysql", "nats",
        "neo4j", "nextcloud", "nginx", "node", "openjdk", "oraclelinux", "perl", "php", "postgres", "python", "r-base", "rabbitmq", "redis",
        "registry", "rockylinux", "ruby", "rust", "sonarqube", "swift", "telegraf", "tomcat", "traefik", "ubuntu", "varnish",
        "vault", "wordpress", "zookeeper",
    };

    public static bool IsOfficial(string name) => Official.Contains(name);

    /// <summary>The text in lower case, with single separators between letters and digits; <c>image</c> if nothing is left.</summary>
    /// <remarks>In manifold.yaml, keys that begin with <c>x-</c> are not images.</remarks>
    public static string From(string text)
    {
        var name = Other().Replace(text.ToLowerInvariant(), "-");
        name = Separators().Replace(name, "-").Trim('-', '.', '_');
        name = name.Length > Longest ? name[..Longest].Trim('-', '.', '_') : name;
        return name.Length == 0 ? "image" : name == "x" || name.StartsWith("x-", StringComparison.Ordinal) ? $"image-{name}" : name;
    }

    /// <summary>Finds a name for each Dockerfile: the nearest that no other has.</summary>
    /// <param name="project">The name of the surveyed folder.</param>
    /// <param name="paths">For each, the folder and the variant.</param>
    public static IReadOnlyList<string> Of(string project, IReadOnlyList<(string Folder, string? Variant)> paths)
    {
        var plain = paths.Where(path => path.Variant is null).Select(path => path.Folder).ToHashSet(StringComparer.Ordinal);
        var shortest = paths.Select(path => Unofficial(project, Short(project, path, plain.Contains(path.Folder)))).ToList();
        var taken = new HashSet<string>(StringComparer.Ordinal);
        return
        [
            .. paths.Select((path, i) =>
            {
                var name = shortest.Count(each => each == shortest[i]) == 1 ? shortest[i] : Long(project, path);
                var unique = name;
                for (var number = 2; !taken.Add(unique); number++)
                    unique = $"{name}-{number}";
                return unique;
            }),
        ];
    }

    private static string Short(string project, (string Folder, string? Variant) path, bool besidePlain)
    {
        var folder = path.Folder;
        while (folder.Length > 0 && ContextGuess.IsKeeper(folder))
            folder = ContextGuess.ParentOf(folder);
        var owner = folder.Length == 0 ? project : ContextGuess.NameOf(folder);
        if (path.Variant is null)
            return From(owner);
        return From(folder.Length == 0 && !besidePlain || path.Folder != folder ? path.Variant : $"{owner}-{path.Variant}");
    }

    private static string Unofficial(string project, string name) =>
        !IsOfficial(name) ? name : project == name ? $"{name}-image" : $"{project}-{name}";

    private static string Long(string project, (string Folder, string? Variant) path) =>
        From(string.Join('-', new[] { path.Folder.Length == 0 ? project : path.Folder, path.Variant }.OfType<string>()));

    [GeneratedRegex("[^a-z0-9._-]+")]
    private static partial Regex Other();

    /// <summary>A repository's name has one separator between letters and digits.</summary>
    [GeneratedRegex("[._-]*[.-][._-]*|_{2,}")]
    private static partial Regex Separators();
}
