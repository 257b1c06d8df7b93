using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Manifold.Layers;

namespace Manifold.Verification.Starting;

/// <summary>The places where a program looks for native modules and plug-ins: by its name, path, arguments and the image's ENV.</summary>
/// <remarks>
/// <code>
/// runtimes   the folders that they search: node_modules above the script, site-packages, gems, extensions
/// any other  the folder that is the program's own (/opt/app for /opt/app/bin/app), /usr/lib/NAME and its kin, plug-in folders,
///            what arguments and variables that are called after plug-ins name
/// </code>
/// Folders that many programs share are never among them. Source: Node.js, "Loading from node_modules folders"; Python, <c>site</c>;
/// Filesystem Hierarchy Standard.
/// </remarks>
internal sealed partial class ModulePlaces(ImageView view, ImmutableArray<string> environment, string folder)
{
    private static readonly string[] PluginFolders = ["plugins", "plugin", "modules", "extensions", "addons", "ext"];

    private static readonly string[] PluginPlaces = ["usr/lib", "usr/lib64", "usr/local/lib", "usr/libexec", "usr/share", "opt", "srv",
        "var/lib", "etc"];

    // Of many programs, so of none.
    private static readonly ImmutableHashSet<string> Shared =
    [
        "", "bin", "sbin", "lib", "lib64", "etc", "opt", "srv", "var", "home", "root", "tmp", "run", "mnt", "media", "dev", "proc", "sys",
            "usr", "usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "usr/libexec", "usr/share",
        "usr/local", "usr/local/bin", "usr/local/sbin", "usr/local/lib", "usr/local/lib64", "usr/local/share", "usr/local/libexec",
            "usr/games", "var/lib", "var/cache", "var/run", "var/tmp",
    ];

    /// <summary>Which runtime a program is, by the name of its file.</summary>
    public static ModuleRuntime RuntimeOf(string program) => program.Split('/')[^1] switch
    {
        "node" or "nodejs" or "bun" => ModuleRuntime.Node,
        "java" => ModuleRuntime.Java,
        "dotnet" => ModuleRuntime.DotNet,
        var name when Python().IsMatch(name) => ModuleRuntime.Python,
        var name when Ruby().IsMatch(name) => ModuleRuntime.Ruby,
        var name when Php().IsMatch(name) => ModuleRuntime.Php,
        var name when name.StartsWith("perl", StringComparison.Ordinal) => ModuleRuntime.Perl,
        _ => ModuleRuntime.Other,
    };

    /// <param name="program">The program's file, links followed.</param>
    /// <param name="called">What it was called by.</param>
    /// <param name="arguments">Its arguments, as far as they are known.</param>
    /// <returns>Prefixes of paths, as <see cref="ModuleRoot.Prefix"/> has them.</returns>
    public IEnumerable<string> Of(ModuleRuntime runtime, string program, string called, ImmutableArray<string> arguments)
    {
        var script = arguments.Where(word => word is [not '-', ..]).Select(word => view.Find(Absolute(word)))
            .FirstOrDefault(found => found is { IsFolder: false });
        var searched = runtime switch
        {
            ModuleRuntime.Node => OfNode(script),
            ModuleRuntime.Python => OfPython(script, program, called),
            ModuleRuntime.Ruby => ["usr/lib/ruby/", "usr/local/lib/ruby/", "usr/local/bundle/", "var/lib/gems/", .. Tuples("ruby"),
                .. Named("GEM_HOME", "GEM_PATH", "BUNDLE_PATH"), .. Folders([folder])],
            ModuleRuntime.Php => ["usr/lib/php", "usr/lib64/php", "usr/local/lib/php/"],
            ModuleRuntime.Perl => ["usr/lib/perl", "usr/lib64/perl", "usr/share/perl", "usr/local/lib/perl", "usr/local/share/perl",
                .. Tuples("perl"), .. Named("PERL5LIB")],
            ModuleRuntime.Java or ModuleRuntime.DotNet => Folders([script?.Folder, folder]),
            _ => [],
        };
        return searched.Concat(OwnOf(program)).Concat(Plugins(arguments));
    }

    private IEnumerable<string> OfNode(Sighting? script)
    {
        var projects = Ancestors(script?.Folder ?? folder).Where(each => each.Length > 0 && (view.Find($"/{each}/package.json")
            ?? view.Find($"/{each}/node_modules")) is not null);
        return ["usr/lib/node_modules/", "usr/local/lib/node_modules/", "usr/share/nodejs/", "usr/lib/nodejs/", "node_modules/",
            .. Tuples("nodejs"), .. Named("NODE_PATH"), .. Folders([script?.Folder, folder, .. projects.Select(each => "/" + each)])];
    }

    // A virtual environment is what python is called by: its folder's lib is searched.
    private IEnumerable<string> OfPython(Sighting? script, string program, string called)
    {
        var bins = (Variable("PATH") ?? "").Split(':').Append(called.Contains('/', StringComparison.Ordinal)
            ? Absolute(called)[..Absolute(called).LastIndexOf('/')] : "").Append(program[..program.LastIndexOf('/')]);
        var prefixes = bins.Where(bin => bin.EndsWith("/bin", StringComparison.Ordinal) && bin.Length > "/bin".Length)
            .Select(bin => bin[1..^"/bin".Length]).Append((Variable("VIRTUAL_ENV") ?? "/usr").Trim('/')).Where(prefix => prefix.Length > 0);
        return [.. prefixes.SelectMany(prefix => new[] { $"{prefix}/lib/python", $"{prefix}/lib64/python" }), "usr/lib/python",
            "usr/local/lib/python", .. Named("PYTHONPATH", "PYTHONHOME"), .. Folders([script?.Folder, folder])];
    }

    /// <summary>The folders that belong to a program: the one that it was installed in, and those that are called after it.</summary>
    private IEnumerable<string> OwnOf(string program)
    {
        var home = EntryPath.Parent(program[1..]);
        if (home.Split('/')[^1] is "bin" or "sbin" or "libexec")
            home = EntryPath.Parent(home);
        var name = program.Split('/')[^1];
        var names = new[] { name, Version().Replace(name, ""), name.TrimEnd('d') }.Where(each => each.Length > 1).Distinct().ToList();
        string[] places = ["usr/lib", "usr/lib64", "usr/libexec", "usr/local/lib", "usr/local/libexec", "usr/local", "usr/share",
            "usr/local/share", "opt", "var/lib", "etc", "lib"];
        return [.. Folders(["/" + home]), .. names.SelectMany(each => places.Select(place => $"{place}/{each}/")
            .Concat(Tuples(each + "/")))];
    }

    private IEnumerable<string> Plugins(ImmutableArray<string> arguments)
    {
        var named = environment.Where(variable => PluginVariable().IsMatch(variable)).Concat(arguments)
            .SelectMany(word => word[(word.IndexOf('=', StringComparison.Ordinal) + 1)..].Split([':', ','],
            StringSplitOptions.RemoveEmptyEntries))
            .Where(word => word.StartsWith('/')).Select(word => view.Find(word)).OfType<Sighting>().Select(found => found.IsFolder
                ? found.Path : LibraryName().IsMatch(found.Path) ? found.Folder : null);
        return [.. Folders(named), .. PluginFolders.SelectMany(each => Folders([$"/{each}", $"{folder.TrimEnd('/')}/{each}"])
            .Concat(PluginPlaces.Select(place => $"{place}/{each}/")).Concat(Tuples(each + "/")))];
    }

    // Where one application may be all that a folder holds.
    private static readonly ImmutableHashSet<string> Whole = ["opt", "srv", "home", "root", "tmp", "mnt", "media", "run"];

    /// <summary>Folders as the image has them, links followed; what many programs share is left out.</summary>
    private IEnumerable<string> Folders(IEnumerable<string?> folders) => folders.OfType<string>()
        .Select(each => view.Find(each) is { IsFolder: true } found ? found.Path[1..] : each.Trim('/'))
        .Where(each => (!Shared.Contains(each) || Whole.Contains(each)) && !LoaderFolders.OfAnyProcessor.Contains("/" + each))
            .Select(each => each + "/");

    private IEnumerable<string> Named(params string[] variables) =>
        Folders(variables.SelectMany(name => (Variable(name) ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)));

    private static IEnumerable<string> Tuples(string name) => LoaderFolders.OfAnyProcessor.Select(place => $"{place[1..]}/{name}");

    private static IEnumerable<string> Ancestors(string path)
    {
        for (var each = path.Trim('/'); each.Length > 0; each = EntryPath.Parent(each))
            yield return each;
    }

    private string? Variable(string name) => environment.LastOrDefault(variable => variable.StartsWith(name + "=",
        StringComparison.Ordinal))?[(name.Length + 1)..];

    private string Absolute(string path) => path.StartsWith('/') ? path : $"{folder.TrimEnd('/')}/{path}";

    [GeneratedRegex(@"^(?:python|pypy)[0-9.]*[a-z]?\z")]
    private static partial Regex Python();

    [GeneratedRegex(@"^[jt]?ruby[0-9.]*\z")]
    private static partial Regex Ruby();

    [GeneratedRegex(@"^php(?:-fpm|-cgi)?[0-9.]*\z")]
    private static partial Regex Php();

    [GeneratedRegex(@"[-_]?[0-9.]+\z")]
    private static partial Regex Version();

    [GeneratedRegex(@"^[^=]*(?:PLUG_?IN|MODULE|EXTENSION|ADD_?ON)[^=]*=/", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PluginVariable();

    [GeneratedRegex(@"\.so(?:\.[0-9.]+)?\z")]
    internal static partial Regex LibraryName();
}
