using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Manifold.Verification.Binaries;

/// <summary>What a file's header says of it, as far as it matters to whether it runs. Files that are none of these have no facts.</summary>
/// <remarks>A closed family, so that a <c>switch</c> over it is complete.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "format")]
[JsonDerivedType(typeof(ElfFile), "elf")]
[JsonDerivedType(typeof(PeFile), "pe")]
[JsonDerivedType(typeof(MachOFile), "macho")]
[JsonDerivedType(typeof(ScriptFile), "script")]
[JsonDerivedType(typeof(TextFile), "text")]
[JsonDerivedType(typeof(WheelFile), "wheel")]
[JsonDerivedType(typeof(ArchiveFile), "archive")]
internal abstract record FileFacts
{
    private const int ShortestHeader = 4;

    /// <summary>
    /// Reads the facts from a file's begin, and for ELF from where its header points. Null where it is nothing of interest. Never throws
    /// for what the bytes are.
    /// </summary>
    /// <param name="path">The file's path in the image: a few files are known by their place.</param>
    /// <param name="content">Read forward only where it cannot seek; not disposed.</param>
    public static FileFacts? Read(string path, Stream content)
    {
        using var window = new ByteWindow(content);
        if (TextFile.Wants(path))
            return TextFile.Read(path, window);
        if (WheelFile.Wants(path))
            return WheelFile.Read(window);
        return window.Start switch
        {
            { Length: < ShortestHeader } => null,
            [0x7F, (byte)'E', (byte)'L', (byte)'F', ..] => ElfReader.TryRead(window),
            [(byte)'P', (byte)'K', 3, 4, ..] when ArchiveFile.Wants(path) => ArchiveReader.TryRead(path, window),
            [(byte)'M', (byte)'Z', ..] => PeReader.TryRead(window),
            [(byte)'#', (byte)'!', ..] => ScriptFile.Read(window),
            [0xCE or 0xCF, 0xFA, 0xED, 0xFE, ..] or [0xFE, 0xED, 0xFA, 0xCE or 0xCF, ..] or [0xCA, 0xFE, 0xBA, 0xBE, ..] =>
                MachOReader.TryRead(window.Start),
            _ => null,
        };
    }

    /// <summary>The machines whose instructions the file holds; none where it holds none (scripts, managed assemblies).</summary>
    [JsonIgnore]
    public virtual ImmutableArray<Machine> Machines => [];
}
