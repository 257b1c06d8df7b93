using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Manifold.Linux;

namespace Manifold.Server;

/// <summary>
/// The users who may come in: a file of <c>USER:HASH</c> lines as <c>htpasswd -B</c> writes it, read again when it changes.
/// </summary>
/// <remarks>
/// A hash is made to be slow, and a push has hundreds of requests: who was right once is remembered by a keyed hash of the password,
/// for as long as the file's line is the same. Who is wrong pays the whole price each time, also under a name that does not exist.
/// </remarks>
internal sealed class PasswordFile : IDisposable
{
    private readonly Reloaded<FrozenDictionary<string, string>> users;
    private readonly ConcurrentDictionary<string, (string Hash, byte[] Proof)> right = new();
    private readonly byte[] key = SecretBox.RandomBytes(32);
    private readonly SemaphoreSlim checks = new(ServeLimits.PasswordChecks);

    /// <exception cref="HostNotReadyException">This machine cannot prove passwords.</exception>
    /// <exception cref="UsageException">It cannot be read, has no user, or a line of a kind that is too weak.</exception>
    public PasswordFile(string path, Action<string> warn, TimeProvider time)
    {
        users = new([path], files => Parse(path, files[0]), warn, time);
        _ = users.Value;
        PasswordHash.RequireLibrary();
    }

    /// <summary>Whether the user already gave this correct password, so that it need not be checked again.</summary>
    public bool WasRight(string user, string password) =>
        users.Value.TryGetValue(user, out var hash) && WasRight(user, hash, Proof(password));

    private byte[] Proof(string password) => Hasher.Hash(HashKind.Sha256, [.. key, .. Encoding.UTF8.GetBytes(password)]);

    private bool WasRight(string user, string hash, byte[] proof) =>
        right.TryGetValue(user, out var before) && before.Hash == hash && CryptographicOperations.FixedTimeEquals(before.Proof, proof);

    public async Task<bool> IsRightAsync(string user, string password, CancellationToken cancellation)
    {
        var known = users.Value.TryGetValue(user, out var hash);
        hash ??= users.Value.Values[0]; // the same work as for a user who exists
        var proof = Proof(password);
        if (known && WasRight(user, hash, proof))
            return true;
        await checks.WaitAsync(cancellation);
        try
        {
            if (!await Task.Run(() => PasswordHash.IsRight(hash, password), cancellation) || !known)
                return false;
        }
        finally
        {
            checks.Release();
        }
        right[user] = (hash, proof);
        return true;
    }

    private static FrozenDictionary<string, string> Parse(string path, byte[] content)
    {
        var found = new Dictionary<string, string>();
        var number = 0;
        foreach (var line in Encoding.UTF8.GetString(content).Split('\n').Select(line => line.Trim()))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
                continue;
            if (line.Split(':') is not [{ Length: > 0 } user, var hash, ..])
                throw new UsageException($"{path}:{number}: expected USER:HASH. Create the file with: htpasswd -B '{path}' USER");
            if (!PasswordHash.IsKnown(hash))
                throw new UsageException($"{path}:{number}: the password of '{user}' is not stored in a secure format. Set it again with: "
                    + $"htpasswd -B '{path}' {user}");
            found[user] = hash;
        }
        if (found.Count == 0)
            throw new UsageException(
                $"Reading '{path}': it has no users, so nobody could log in. Add a user with: htpasswd -B '{path}' USER");
        return found.ToFrozenDictionary();
    }

    public void Dispose() => checks.Dispose();
}
