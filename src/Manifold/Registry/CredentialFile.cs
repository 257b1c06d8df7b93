using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Manifold.Registry;

/// <summary>Whose form a file of credentials has.</summary>
internal enum CredentialFileKind
{
    /// <summary><c>auth.json</c> of podman, buildah and skopeo, or a Kubernetes secret.</summary>
    Containers,

    /// <summary>Docker's <c>config.json</c>, where its own registry is written as an address of its first protocol.</summary>
    Docker,

    /// <summary><c>.dockercfg</c>: the entries without anything around them. Read only.</summary>
    Legacy,
}

/// <summary>One file of credentials: Docker's <c>config.json</c>, or containers' <c>auth.json</c>, which is nearly the same.</summary>
/// <remarks>
/// A Kubernetes secret serves as well: its content, or its manifest as <c>kubectl get secret -o json</c> or <c>-o yaml</c> prints it.
/// Writing keeps what we do not know, is done in one step, and leaves the file readable by its owner alone.
/// </remarks>
/// <param name="searchPath">Where credential helpers are looked for.</param>
internal sealed partial class CredentialFile(string path, CredentialFileKind kind, string? searchPath)
{
    private const string DockerHub = "https://index.docker.io/v1/";

    // What a mounted secret of Kubernetes holds, and what other folders do.
    private static readonly string[] NamesInFolders = [".dockerconfigjson", "config.json", "auth.json", ".dockercfg"];

    /// <summary>The file that is meant by a path that the user gave, which may be the folder of a mounted secret.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static string Within(string path)
    {
        if (!Directory.Exists(path))
            return path;
        return NamesInFolders.Select(name => System.IO.Path.Combine(path, name)).FirstOrDefault(File.Exists)
            ?? throw new UsageException($"Reading credentials from the folder '{path}': it contains none of "
                + $"{string.Join(", ", NamesInFolders)}. Specify the file.");
    }

    internal bool IsWritable => kind is not CredentialFileKind.Legacy;

    internal bool Knows(string registry) => Read() is { } root
        && (HelperFor(root, registry) is not null
            || (root["auths"] is JsonObject auths && auths.Any(pair => Normal(pair.Key) == registry)));

    public string Path => path;

    /// <summary>Null where this file knows nothing of the registry.</summary>
    /// <exception cref="UsageException">The file is not what it should be.</exception>
    internal async Task<Credential?> FindAsync(string registry, string repository, CancellationToken cancellation)
    {
        var root = Read();
        if (root is null)
            return null;
        if (HelperFor(root, registry) is { } helper)
            return await helper.GetAsync(KeyOf(registry), cancellation).ConfigureAwait(false);
        if (FromAuths(root, registry, repository) is { } credential)
            return credential;
        return StoreOf(root) is { } store ? await store.GetAsync(KeyOf(registry), cancellation).ConfigureAwait(false) : null;
    }

    /// <summary>Keeps a credential, in the helper that the file names for this registry, else in the file.</summary>
    public async Task SaveAsync(string registry, string user, string password, CancellationToken cancellation = default)
    {
        var root = Read() ?? [];
        if (isSecretManifest)
            throw new UsageException($"Writing credentials to '{path}': it is a Kubernetes secret manifest. Choose another file with "
                + "--authfile.");
        var entry = new JsonObject();
        if ((HelperFor(root, registry) ?? StoreOf(root)) is { } helper)
            await helper.StoreAsync(KeyOf(registry), user, password, cancellation).ConfigureAwait(false);
        else
            entry["auth"] = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));
        if (root["auths"] is not JsonObject auths)
            root["auths"] = auths = [];
        RemoveFrom(auths, registry);
        auths[KeyOf(registry)] = entry;
        Write(root);
    }

    /// <summary>Forgets a registry. False where nothing was known of it.</summary>
    public async Task<bool> RemoveAsync(string registry, CancellationToken cancellation = default)
    {
        var root = Read();
        if (root is null || isSecretManifest || !IsWritable)
            return false;
        var removed = root["auths"] is JsonObject auths && RemoveFrom(auths, registry);
        if ((HelperFor(root, registry) ?? StoreOf(root)) is { } helper)
            removed |= await helper.EraseAsync(KeyOf(registry), cancellation).ConfigureAwait(false);
        if (removed)
            Write(root);
        return removed;
    }

    private static bool RemoveFrom(JsonObject auths, string registry)
    {
        var keys = auths.Select(pair => pair.Key).Where(key => Normal(key) == registry).ToList();
        keys.ForEach(key => auths.Remove(key));
        return keys.Count > 0;
    }

    private CredentialHelper? HelperFor(JsonObject root, string registry)
    {
        var name = root["credHelpers"] is JsonObject helpers ? helpers.FirstOrDefault(pair => Normal(pair.Key) == registry).Value : null;
        return Text(name) is { } helper ? new CredentialHelper(helper, path, searchPath) : null;
    }

    private CredentialHelper? StoreOf(JsonObject root) =>
        Text(root["credsStore"]) is { } store ? new CredentialHelper(store, path, searchPath) : null;

    /// <summary><c>host/a/b</c>, <c>host/a</c>, <c>host</c>: the longest that is known.</summary>
    private Credential? FromAuths(JsonObject root, string registry, string repository)
    {
        if (root["auths"] is not JsonObject auths)
            return null;
        var known = auths.ToLookup(pair => Normal(pair.Key), pair => pair.Value as JsonObject);
        for (var name = $"{registry}/{repository}".TrimEnd('/'); ; name = name[..name.LastIndexOf('/')])
        {
            if (known[name].Select(Decode).FirstOrDefault(credential => credential is { IsAnonymous: false }) is { } credential)
                return credential;
            if (name == registry)
                return null;
        }
    }

    private Credential? Decode(JsonObject? entry)
    {
        if (entry is null)
            return null;
        var (user, password) = (Text(entry["username"]), Text(entry["password"]));
        if (Text(entry["auth"]) is { } auth)
        {
            var bytes = new byte[auth.Length];
            var text =
                Convert.TryFromBase64String(auth, bytes, out var count) ? Encoding.UTF8.GetString(bytes, 0, count).TrimEnd('\0') : "";
            if (text.Split(':', 2) is not [var name, var secret])
                throw Broken("an entry's 'auth' is not the base64 of user:password");
            (user, password) = (name, secret);
        }
        return new Credential
        {
            UserName = user,
            Password = password,
            IdentityToken = Text(entry["identitytoken"]),
            RegistryToken = Text(entry["registrytoken"]),
        };
    }

    private JsonObject? Read()
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            if (bytes.AsSpan().Trim(" \r\n\t"u8).IsEmpty)
                return null;
            if (FromYaml(bytes) is { } secret)
                return Open(secret);
            var root = Parse(bytes);
            if (root["data"] is JsonObject data)
                return Open(data.ToDictionary(pair => pair.Key, pair => Text(pair.Value)));
            return kind is CredentialFileKind.Legacy || path.EndsWith(".dockercfg", StringComparison.Ordinal)
                ? new JsonObject { ["auths"] = root.DeepClone() }
                : root;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw Broken("you do not have permission to read it");
        }
        catch (JsonException e)
        {
            throw Broken($"it is not JSON (line {e.LineNumber + 1})");
        }
    }

    private JsonObject Parse(ReadOnlySpan<byte> bytes) =>
        JsonNode.Parse(bytes, documentOptions: new() { AllowDuplicateProperties = false }) as JsonObject
            ?? throw Broken("it is not a JSON object");

    private void Write(JsonObject root)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, IndentCharacter = '\t', IndentSize = 1 }))
            root.WriteTo(writer);
        try
        {
            Replace(buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HostNotReadyException(
                $"Writing credentials to '{path}': {e.Message} Make it writable, or choose another file with --authfile.", e);
        }
    }

    private void Replace(ReadOnlySpan<byte> content)
    {
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!, owner | UnixFileMode.UserExecute);
        var target = new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
        var temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        try
        {
            using (var file = new FileStream(temporary,
                new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = owner }))
                file.Write(content);
            File.Move(temporary, target, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private string KeyOf(string registry) => registry == "docker.io" && kind is CredentialFileKind.Docker ? DockerHub : registry;

    /// <summary>A key as image references have it: without scheme and protocol version, Docker's own registry by its one name.</summary>
    private static string Normal(string key)
    {
        var schemeEnd = key.IndexOf("://", StringComparison.Ordinal);
        var name = (schemeEnd < 0 ? key : key[(schemeEnd + 3)..]).TrimEnd('/');
        if (schemeEnd >= 0 && (name.EndsWith("/v1", StringComparison.Ordinal) || name.EndsWith("/v2", StringComparison.Ordinal)))
            name = name[..^3];
        var parts = name.Split('/', 2);
        if (parts[0] is "index.docker.io" or "registry-1.docker.io")
            parts[0] = "docker.io";
        return string.Join('/', parts);
    }

    private static string? Text(JsonNode? node) =>
        node is JsonValue value && value.TryGetValue<string>(out var text) && text.Length > 0 ? text : null;

    private UsageException Broken(string what) => new($"Reading credentials from '{path}': {what}. Fix the file, or delete it and log in "
        + "again.");
}
