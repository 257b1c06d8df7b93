using System.Runtime.InteropServices;

namespace Manifold.Linux;

/// <summary>What is needed of SQLite to read a database that is in memory. Source: sqlite3.h.</summary>
internal static unsafe partial class SqliteCalls
{
    private const string Library = "libsqlite3.so.0";
    internal const int Ok = 0, Row = 100, Done = 101, OpenReadWrite = 0x2, OpenInMemory = 0x80, DeserializeReadOnly = 4, LimitLength = 0;

    [LibraryImport(Library, EntryPoint = "sqlite3_open_v2", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string name, out nint database, int flags, string? system);

    [LibraryImport(Library, EntryPoint = "sqlite3_close_v2")]
    internal static partial int Close(nint database);

    [LibraryImport(Library, EntryPoint = "sqlite3_deserialize", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Deserialize(nint database, string schema, byte* bytes, long size, long capacity, uint flags);

    [LibraryImport(Library, EntryPoint = "sqlite3_limit")]
    internal static partial int Limit(nint database, int what, int value);

    [LibraryImport(Library, EntryPoint = "sqlite3_progress_handler")]
    internal static partial void OnProgress(nint database, int everySteps, delegate* unmanaged<int*, int> handler, int* budget);

    [LibraryImport(Library, EntryPoint = "sqlite3_prepare_v2", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Prepare(nint database, string sql, int length, out nint statement, nint rest);

    [LibraryImport(Library, EntryPoint = "sqlite3_step")]
    internal static partial int Step(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_blob")]
    internal static partial byte* Blob(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_column_bytes")]
    internal static partial int BlobBytes(nint statement, int column);

    [LibraryImport(Library, EntryPoint = "sqlite3_finalize")]
    internal static partial int Finalize(nint statement);

    [LibraryImport(Library, EntryPoint = "sqlite3_errmsg")]
    private static partial nint ErrorMessage(nint database);

    internal static string Describe(nint database) => Marshal.PtrToStringUTF8(ErrorMessage(database)) ?? "unknown";
}
