using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using Manifold.Content;
using Manifold.Linux;
using Manifold.Oci;

namespace Manifold.Solving.Copying;

/// <summary>The digests of a context's files, remembered from build to build: what did not change is not read again.</summary>
/// <remarks>
/// A file is unchanged where size, modification time, change time and inode are. The change time cannot be set back by a program, so
/// nobody fools this by keeping the time; a file that changed within the clock's last ticks is not remembered, because a further
/// change might not show. Losing the memory costs a read of the context.
/// </remarks>
public sealed class FileDigests
{
    // The kernel stamps files with a clock that ticks every 1 to 10 ms.
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(50);
    private const int Version = 1;

    private readonly ConcurrentDictionary<string, Known> known;
    private readonly string path;
    private readonly TimeProvider time;
    private bool changed;

    /// <summary>What makes a file the same as before.</summary>
    public readonly record struct Identity(long Size, FileTime Modified, FileTime Changed, ulong Inode);

    private sealed record Known(Identity Identity, byte[] Hash);

    public FileDigests(Store store, string contextFolder, TimeProvider time)
    {
        this.time = time;
        var folder = Directory.CreateDirectory(Path.Combine(store.Root, "cache", "files")).FullName;
        path = Path.Combine(folder, Digest.Of(contextFolder).Hex + ".bin");
        known = Load();
    }

    /// <summary>A file's digest: remembered, or from reading it. Thread-safe.</summary>
    public Digest Of(string file, FileStatus status, Func<Stream> open)
    {
        var identity = new Identity(status.Size, status.Modified, status.Changed, status.Inode);
        if (known.TryGetValue(file, out var before) && before.Identity == identity)
            return Digest.FromHash(before.Hash);
        var settled = time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(status.Changed.Seconds).AddTicks(status.Changed.Nanoseconds / 100) > Settled;
        using var content = open();
        var hash = HashOf(content);
        if (settled)
            known[file] = new Known(identity, hash);
        else
            known.TryRemove(file, out _);
        changed = true;
        return Digest.FromHash(hash);
    }

    /// <summary>Reads a stream to its end.</summary>
    public static byte[] HashOf(Stream content)
    {
        using var hash = new Hasher(HashKind.Sha256);
        var buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            while (content.Read(buffer) is var count and > 0)
                hash.Append(buffer.AsSpan(0, count));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
        return hash.Finish();
    }

    /// <summary>Writes what was learnt, in one step.</summary>
    public void Save()
    {
        if (!changed)
            return;
        using var buffer = new MemoryStream();
        using (var writer = new BinaryWriter(buffer, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(Version);
            writer.Write(known.Count);
            foreach (var (name, (identity, hash)) in known)
            {
                writer.Write(FileName.Encode(name).Length);
                writer.Write(FileName.Encode(name));
                writer.Write(identity.Size);
                Write(writer, identity.Modified);
                Write(writer, identity.Changed);
                writer.Write(identity.Inode);
                writer.Write(hash);
            }
        }
        Store.ReplaceFile(path, buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private ConcurrentDictionary<string, Known> Load()
    {
        var all = new ConcurrentDictionary<string, Known>(StringComparer.Ordinal);
        try
        {
            using var reader = new BinaryReader(new MemoryStream(File.ReadAllBytes(path)));
            if (reader.ReadInt32() != Version)
                return all;
            for (var count = reader.ReadInt32(); count > 0; count--)
            {
                var name = FileName.Decode(reader.ReadBytes(reader.ReadInt32()));
                var identity = new Identity(reader.ReadInt64(), ReadTime(reader), ReadTime(reader), reader.ReadUInt64());
                all[name] = new Known(identity, reader.ReadBytes(Hasher.Sha256Bytes));
            }
        }
        catch (Exception e) when (e is FileNotFoundException or EndOfStreamException or ArgumentException)
        {
            // Nothing remembered yet, or a damaged file: the context is read again.
        }
        return all;
    }

    private static void Write(BinaryWriter writer, FileTime time)
    {
        writer.Write(time.Seconds);
        writer.Write(time.Nanoseconds);
    }

    private static FileTime ReadTime(BinaryReader reader) => new(reader.ReadInt64(), reader.ReadInt32());
}
