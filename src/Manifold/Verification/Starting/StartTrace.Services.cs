using System.Collections.Immutable;
using Manifold.Verification.Binaries;

namespace Manifold.Verification.Starting;

/// <content>Programs that start others by their configuration, or by where they lie.</content>
/// <remarks>Source: supervisor, "Configuration File"; s6, "s6-svscan"; s6-overlay, "Writing an optional startup script" and "services.d";
/// runit, "runsvdir"; Erlang, "Releases".</remarks>
internal sealed partial class StartTrace
{
    private const int MostFilesOfServices = 1000;

    // s6-overlay starts these; its own start is /init.
    private static readonly ImmutableArray<string> ServicesOfInit = ["/etc/services.d", "/etc/s6-overlay/s6-rc.d"];

    private static readonly ImmutableArray<string> SupervisorConfigs = ["supervisord.conf", "etc/supervisord.conf", "/etc/supervisord.conf",
        "/etc/supervisor/supervisord.conf"];

    private void FollowServices(Launch launch)
    {
        // A script stands behind its interpreter, by its path.
        for (var at = 0; at < Math.Min(launch.Words.Length, 3); at++)
        {
            if (at > 0 && !launch.Words[at].StartsWith('/'))
                continue;
            var arguments = launch.Words[(at + 1)..];
            switch (launch.Words[at].Split('/')[^1])
            {
                case "supervisord": FollowSupervisor(launch, arguments); break;
                case "s6-svscan" or "runsvdir":
                    FollowServiceFolders(launch, [.. arguments.Where(argument => argument.StartsWith('/')).Take(1)]);
                    break;
                case "my_init": FollowServiceFolders(launch, ["/etc/service"]); break;
            }
        }
    }

    private void FollowSupervisor(Launch launch, ImmutableArray<string> arguments)
    {
        var places = SupervisorConfigs;
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i] is "-c" or "--configuration" && i + 1 < arguments.Length)
                places = [arguments[i + 1]];
            else if (arguments[i].StartsWith("--configuration=", StringComparison.Ordinal))
                places = [arguments[i]["--configuration=".Length..]];
        }
        var config = places.Select(place => view.Find(Absolute(place, launch.Folder)))
            .FirstOrDefault(found => found is { IsFolder: false });
        if (config?.Facts is not TextFile { Text: var text })
            return;
        foreach (var program in SupervisedProgram.Of(text).Concat(IncludedBy(config, text).SelectMany(SupervisedProgram.Of)))
        {
            if (WithEnvironment(program.Command) is { } command && ShellText.Split(command).Commands is [{ Words: var words }, ..])
                Follow((launch with { Scripted = true, Later = [], Folder = program.Folder ?? launch.Folder })
                    .Of(Known(words), program.Section, program.StartsItself));
        }
    }

    // Patterns are relative to the file that contains them. Included files cannot include others.
    private IEnumerable<string> IncludedBy(Sighting config, string text) =>
        SupervisedProgram.Includes(text).SelectMany(pattern => view.FilesLike(Absolute(pattern, config.Folder)))
            .Select(file => (file.Facts as TextFile)?.Text).OfType<string>();

    /// <summary>The text with <c>%(ENV_NAME)s</c> filled in; null where that is only known in a container.</summary>
    private string? WithEnvironment(string text)
    {
        for (int begin; (begin = text.IndexOf("%(ENV_", StringComparison.Ordinal)) >= 0;)
        {
            var end = text.IndexOf(")s", begin, StringComparison.Ordinal);
            if (end < 0 || Variable(config, text[(begin + "%(ENV_".Length)..end]) is not { } value
                || value.Contains('%', StringComparison.Ordinal))
                return null;
            text = text[..begin] + value + text[(end + 2)..];
        }
        return text.Contains("%(", StringComparison.Ordinal) ? null : text;
    }

    /// <summary>Each service has a folder with a program <c>run</c>. If there is a file <c>down</c>, it does not start by itself.</summary>
    private void FollowServiceFolders(Launch launch, ImmutableArray<string> folders)
    {
        foreach (var run in folders.SelectMany(folder => view.FilesBelow(folder, MostFilesOfServices))
            .Where(file => file.Path.EndsWith("/run", StringComparison.Ordinal)).OrderBy(file => file.Path, StringComparer.Ordinal))
            Follow((launch with { Scripted = true, Later = [] }).Of([run.Path], "service " + run.Folder.Split('/')[^1],
                view.Find(run.Folder + "/down") is null));
    }

    /// <summary>A release of Erlang or Elixir has its own copy of Erlang, and the script in <c>bin</c> finds it when it runs.</summary>
    private void FollowRelease(Sighting script, Launch launch)
    {
        if (!script.Folder.EndsWith("/bin", StringComparison.Ordinal))
            return;
        var home = script.Folder[..^"/bin".Length];
        foreach (var runtime in view.FoldersIn(home + "/"))
        {
            if (!runtime.Path.StartsWith(home + "/erts-", StringComparison.Ordinal))
                continue;
            foreach (var program in (string[])["erlexec", "beam.smp"])
                Follow((launch with { Scripted = true, Later = [] }).Of([$"{runtime.Path}/bin/{program}"], "the release's Erlang"));
            if (launch.Certain)
                modules.TryAdd(home, new ModuleRoot(home[1..] + "/lib/", ModuleRuntime.Other, launch.Way));
        }
    }
}
