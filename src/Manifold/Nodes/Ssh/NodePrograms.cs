using System.Buffers.Binary;
using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using Manifold.Oci;

namespace Manifold.Nodes.Ssh;

/// <summary>Finds the native program for a node's platform.</summary>
/// <remarks>
/// <code>
/// 1  the running program, if it is native and for that platform
/// 2  in the folder that MANIFOLD_NODE_PROGRAMS names
/// 3  beside the running program, and in ../release: a program, or the tarball of the same version
/// 4  in artifacts/ of the checkout that the running program was built in
/// </code>
/// </remarks>
/// <param name="running">The running program if it is a native one; else null.</param>
/// <param name="folder">The folder of the running program.</param>
/// <param name="given">The folder from <c>MANIFOLD_NODE_PROGRAMS</c>; null if it isn't set.</param>
internal sealed class NodePrograms(string? running, string folder, string? given)
{
    private const ushort Amd64 = 62, Arm64 = 183;

    /// <summary>The programs that this process can copy.</summary>
    public static NodePrograms OfThisProcess(string? given) => new(
        // Stays readable after an update has replaced the file.
        RuntimeFeature.IsDynamicCodeSupported ? null : "/proc/self/exe",
        Path.GetDirectoryName(Environment.ProcessPath) is { } folder && !RuntimeFeature.IsDynamicCodeSupported
            ? folder : AppContext.BaseDirectory,
        given);

    /// <exception cref="HostNotReadyException">There is none.</exception>
    /// <remarks>Costs one pass over the program.</remarks>
    public NodeProgram Find(Platform platform)
    {
        if (MachineOf(platform) is not { } machine)
            throw new HostNotReadyException($"There is no program for {platform}: manifold runs on amd64 and arm64.");
        var architecture = platform.Architecture;
        if (running is not null && IsFor(running, machine))
            return OfFile(platform, running);
        foreach (var place in PlacesFor(architecture).Where(File.Exists))
        {
            if (place.EndsWith(".tar.gz", StringComparison.Ordinal))
                return Checked(OfTarball(platform, place), machine);
            return Checked(OfFile(platform, place), machine);
        }
        throw new HostNotReadyException(running is null
            ? $"The native program for {platform} is needed, and this manifold is not a native program. Build it with: "
                + $"./build.sh --arch {architecture}  Or name the folder of 'manifold-{architecture}' in MANIFOLD_NODE_PROGRAMS."
            : $"The program for {platform} is missing. Put 'manifold-{architecture}' from the same release beside '{folder}/manifold', "
                + "or name its folder in MANIFOLD_NODE_PROGRAMS.");
    }

    private IEnumerable<string> PlacesFor(string architecture)
    {
        string[] names = [$"manifold-{architecture}", $"manifold-linux-{architecture}",
            $"manifold-{Product.Number}-linux-{architecture}.tar.gz"];
        if (given is not null)
        {
            foreach (var name in names.Append($"{architecture}/manifold"))
                yield return Path.Combine(given, name);
        }
        foreach (var name in names)
        {
            yield return Path.Combine(folder, name);
            yield return Path.GetFullPath(Path.Combine(folder, "../release", name));
        }
        if (Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(folder))) == "artifacts")
            yield return Path.GetFullPath(Path.Combine(folder, $"../manifold-{architecture}/manifold"));
        // Only for builds that aren't native: a folder above an installed program may belong to somebody else.
        for (var at = folder; running is null && at is not null; at = Path.GetDirectoryName(at))
        {
            yield return Path.Combine(at, "artifacts", $"manifold-{architecture}", "manifold");
            if (architecture == Platform.Host.Architecture)
                yield return Path.Combine(at, "artifacts/manifold/manifold");
        }
    }

    private static NodeProgram OfFile(Platform platform, string path) => Measured(platform, path, () => File.OpenRead(path));

    private static NodeProgram OfTarball(Platform platform, string path) => Measured(platform, path, () => OpenInTarball(path));

    private static NodeProgram Measured(Platform platform, string path, Func<Stream> open)
    {
        try
        {
            using var content = open();
            var digest = Digest.Of(content);
            return new NodeProgram(platform, digest, content.Position, path, open);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new HostNotReadyException($"Reading the program for {platform}: '{path}': {e.Message}", e);
        }
    }

    // manifold-VERSION-linux-ARCHITECTURE/bin/manifold, as packaging/tarball.sh packs it.
    private static Stream OpenInTarball(string path)
    {
        using var reader = new TarReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.GetNextEntry() is { } entry)
        {
            if (entry.Name.EndsWith("/bin/manifold", StringComparison.Ordinal) && entry.DataStream is { } data)
            {
                var content = new MemoryStream();
                data.CopyTo(content);
                content.Position = 0;
                return content;
            }
        }
        throw new InvalidDataException("It contains no file 'bin/manifold'.");
    }

    private static NodeProgram Checked(NodeProgram program, ushort machine)
    {
        using var content = program.Open();
        return IsFor(content, machine) ? program : throw new HostNotReadyException(
            $"'{program.Source}' is not a program for {program.Platform}. Replace it with the one from the same release.");
    }

    private static bool IsFor(string path, ushort machine)
    {
        using var content = File.OpenRead(path);
        return IsFor(content, machine);
    }

    // System V application binary interface, "ELF Header": e_ident, e_type, e_machine. A program that has no fixed address is of type 3.
    private static bool IsFor(Stream content, ushort machine)
    {
        Span<byte> header = stackalloc byte[20];
        return content.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length
            && header.StartsWith("\x7f"u8) && header[1..].StartsWith("ELF\x02\x01"u8)
            && BinaryPrimitives.ReadUInt16LittleEndian(header[16..]) is 2 or 3
            && BinaryPrimitives.ReadUInt16LittleEndian(header[18..]) == machine;
    }

    private static ushort? MachineOf(Platform platform) => platform.Architecture switch
    {
        "amd64" => Amd64,
        "arm64" => Arm64,
        _ => null,
    };
}
