using System.Globalization;
using System.Text.Json.Nodes;
using Manifold.Dockerfile;
using Manifold.Planning;

namespace Manifold.Projects.Printing;

/// <summary>Writes how a platform is built.</summary>
/// <param name="folder">The project's, which paths start from.</param>
/// <param name="workingFolder">What a Dockerfile's path starts from.</param>
internal sealed class BuildDocument(string folder, string workingFolder)
{
    public JsonObject Write(BuildSource build)
    {
        var written = new JsonObject { ["context"] = build.ContextAddress ?? RelativePath.From(folder, build.ContextFolder) };
        if (build.DockerfilePath is { } dockerfile && build.InlineDockerfile is null)
            written["dockerfile"] = Path.GetRelativePath(build.ContextFolder, Path.GetFullPath(dockerfile, workingFolder));
        Add("dockerfile-inline", build.InlineDockerfile);
        Add("target", build.Target);
        ProjectDocument.Add(written, "args", ProjectDocument.Table(build.Arguments));
        ProjectDocument.Add(written, "contexts",
            new JsonObject(build.Contexts.Select(context => KeyValuePair.Create(context.Key, (JsonNode?)Context(context.Value)))));
        ProjectDocument.Add(written, "secrets", ProjectDocument.Texts(build.Secrets));
        ProjectDocument.Add(written, "ssh", ProjectDocument.Texts(build.Ssh));
        ProjectDocument.Add(written, "cache-from", ProjectDocument.Texts(build.CacheFrom));
        ProjectDocument.Add(written, "cache-to", ProjectDocument.Texts(build.CacheTo));
        ProjectDocument.Add(written, "no-cache-filter", ProjectDocument.Texts(build.NoCacheFilter));
        if (build.NoCache)
            written["no-cache"] = true;
        if (build.Pull)
            written["pull"] = true;
        Write(written, build);
        return written;

        void Add(string key, string? text)
        {
            if (text is not null)
                written[key] = text;
        }
    }

    private static void Write(JsonObject written, BuildSource build)
    {
        if (build.Run.Network != RunNetwork.Default)
            written["network"] = build.Run.Network.ToString().ToLowerInvariant();
        if (build.Run.SharedMemory is { } bytes)
            written["shm-size"] = bytes.ToString(CultureInfo.InvariantCulture);
        ProjectDocument.Add(written, "extra-hosts", ProjectDocument.Texts(build.Run.Hosts.Select(host => $"{host.Name}={host.Address}")));
        ProjectDocument.Add(written,
            "ulimits", ProjectDocument.Texts(build.Run.Limits.Select(limit => $"{limit.Name}={limit.Soft}:{limit.Hard}")));
        ProjectDocument.Add(written, "entitlements", ProjectDocument.Texts(build.Entitlements.Select(each => each.Name)));
    }

    private string Context(NamedContext context) => context switch
    {
        SiblingContext sibling => $"image:{sibling.Name}",
        ImageContext image => $"docker-image://{image.Reference}",
        RemoteContext remote => remote.Address,
        FolderContext named => RelativePath.From(folder, named.Folder),
        LayoutContext layout => $"oci-layout://{RelativePath.From(folder, layout.Folder)}"
            + $"{(layout.Tag is null ? "" : ":" + layout.Tag)}{(layout.Digest is null ? "" : "@" + layout.Digest)}",
        _ => throw new NotSupportedException(context.GetType().Name),
    };
}
