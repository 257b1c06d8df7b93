using System.Buffers.Binary;
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
internal sealed class FileDigests
{
    // The kernel stamps files with a clock that ticks every 1 to 10 ms.
    private static readonly TimeSpan Settled = TimeSpan.FromMilliseconds(50);
    private const int Version = 1;

    private readonly ConcurrentDictionary<string, Known> known;
    private readonly string path;
    private readonly TimeProvider time;
    private bool changed;

    /// <summary>What makes a file the same as before.</summary>
    public readonly record struct Identity(long Size, FileTime Modified, FileTime Changed, ulong Inode)
    {
        public static Identity Of(FileStatus status) => new(status.Size, status.Modified, status.Changed, status.Inode);
    }

    private sealed record Known(Identity Identity, Digest Digest);

    public FileDigests(Store store, string contextFolder, TimeProvider time)
    {
        this.time = time;
        var folder = Directory.CreateDirectory(store.Layout.FileDigests.Path).FullName;
        path = Path.Combine(folder, Digest.Of(contextFolder).Hex + ".bin");
        known = Load();
    }

    /// <summary>A file's digest: remembered, or from reading it. Thread-safe.</summary>
    public Digest Of(string file, Identity identity, Func<Stream> open)
    {
        if (known.TryGetValue(file, out var before) && before.Identity == identity)
            return before.Digest;
        var then = DateTimeOffset.FromUnixTimeSeconds(identity.Changed.Seconds).AddTicks(identity.Changed.Nanoseconds / 100);
        var settled = time.GetUtcNow() - then > Settled;
        using var content = open();
        var digest = Digest.Of(content);
        if (settled)
            known[file] = new Known(identity, digest);
        else
            known.TryRemove(file, out _);
        changed = true;
        return digest;
    }

    /// <summary>Has a file read again the next time: its content is not what was remembered.</summary>
    public void Forget(string file) => changed |= known.TryRemove(file, out _);

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
            foreach (var (name, (identity, digest)) in known)
            {
                writer.Write(FileName.Encode(name).Length);
                writer.Write(FileName.Encode(name));
                writer.Write(identity.Size);
                Write(writer, identity.Modified);
                Write(writer, identity.Changed);
                writer.Write(identity.Inode);
                writer.Write(Convert.FromHexString(digest.Hex));
            }
        }
        Store.ReplaceFile(path, buffer.GetBuffer().AsSpan(0, (int)buffer.Length));
    }

    private ConcurrentDictionary<string, Known> Load()
    {
        var all = new ConcurrentDictionary<string, Known>(StringComparer.Ordinal);
        try
        {
            var reading = new Reading(File.ReadAllBytes(path));
            if (reading.Int32() != Version)
                return all;
            var count = reading.Int32();
            all = new ConcurrentDictionary<string, Known>(-1, Math.Clamp(count, 1, reading.Left), StringComparer.Ordinal);
            for (; count > 0; count--)
            {
                var name = FileName.Decode(reading.Bytes(reading.Int32()));
                var identity = new Identity(reading.Int64(), reading.Time(), reading.Time(), (ulong)reading.Int64());
                all[name] = new Known(identity, Digest.FromHash(reading.Bytes(Hasher.Sha256Bytes)));
            }
        }
        catch (Exception e) when (e is FileNotFoundException or ArgumentException)
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

    /// <summary>Takes what <see cref="Save"/> wrote from a file's begin. An <see cref="ArgumentException"/> where it ends before.</summary>
    private ref struct Reading(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> rest = rest;

        public readonly int Left => Math.Max(1, rest.Length);

        public ReadOnlySpan<byte> Bytes(int count)
        {
            var taken = rest[..count];
            rest = rest[count..];
            return taken;
        }

        public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Bytes(sizeof(int)));

        public long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Bytes(sizeof(long)));

        public FileTime Time() => new(Int64(), Int32());
    }
}
