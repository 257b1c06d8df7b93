using System.Runtime.InteropServices;

namespace Manifold.Linux;

/// <summary>Reads one column of an SQLite database that somebody else wrote, from memory, without trusting it.</summary>
/// <remarks>
/// A database may hold views and computed columns that run for ever: the number of steps is bounded, and only a plain table is asked.
/// What a write-ahead log holds is not seen.
/// </remarks>
internal static unsafe class SqliteReading
{
    // Far more than walking a table of a hundred thousand rows takes.
    private const int StepsBetween = 100_000, Budget = 2_000, RowBytes = 32 * 1024 * 1024;

    private static ReadOnlySpan<byte> Magic => "SQLite format 3\0"u8;

    /// <summary>The column's values, in the table's order.</summary>
    /// <exception cref="InvalidDataException">It is no SQLite database, damaged, hostile, or has no such table.</exception>
    /// <exception cref="HostNotReadyException">libsqlite3 is not installed.</exception>
    public static IReadOnlyList<byte[]> Column(ReadOnlySpan<byte> database, string table, string column)
    {
        if (database.Length < 100 || !database.StartsWith(Magic))
            throw new InvalidDataException("it is not a SQLite database");
        var bytes = database.ToArray();
        // A database in WAL mode opens only beside its log; its own pages read the same without.
        bytes[18] = bytes[19] = 1;
        try
        {
            return Read(bytes, table, column);
        }
        catch (DllNotFoundException e)
        {
            throw new HostNotReadyException("Reading an RPM database: libsqlite3.so.0 is not installed. Install it with: "
                + "apt-get install libsqlite3-0", e);
        }
    }

    private static List<byte[]> Read(byte[] bytes, string table, string column)
    {
        var budget = Budget;
        fixed (byte* begin = bytes)
        {
            if (SqliteCalls.Open(":memory:", out var database, SqliteCalls.OpenReadWrite | SqliteCalls.OpenInMemory, null)
                != SqliteCalls.Ok)
                throw new InvalidDataException("SQLite cannot open it");
            try
            {
                _ = SqliteCalls.Limit(database, SqliteCalls.LimitLength, RowBytes);
                SqliteCalls.OnProgress(database, StepsBetween, &Spend, &budget);
                if (SqliteCalls.Deserialize(database, "main", begin, bytes.Length, bytes.Length, SqliteCalls.DeserializeReadOnly)
                    != SqliteCalls.Ok)
                    throw new InvalidDataException(SqliteCalls.Describe(database));
                _ = Rows(database, "PRAGMA trusted_schema = OFF", 0);
                _ = Rows(database, "PRAGMA cell_size_check = ON", 100);
                var plain = Rows(database,
                    $"SELECT 1 FROM sqlite_schema WHERE name = '{table}' AND type = 'table' AND sql NOT LIKE '%VIRTUAL%'", 100);
                if (plain.Count != 1)
                    throw new InvalidDataException($"it has no plain table '{table}'");
                return Rows(database, $"SELECT \"{column}\" FROM \"{table}\"", bytes.Length);
            }
            finally
            {
                _ = SqliteCalls.Close(database);
            }
        }
    }

    // What is stored in a file is no more than the file: more than that was computed.
    private static List<byte[]> Rows(nint database, string sql, long bytesAtMost)
    {
        if (SqliteCalls.Prepare(database, sql, -1, out var statement, 0) != SqliteCalls.Ok)
            throw new InvalidDataException(SqliteCalls.Describe(database));
        try
        {
            var rows = new List<byte[]>();
            int code;
            while ((code = SqliteCalls.Step(statement)) == SqliteCalls.Row)
            {
                var blob = SqliteCalls.Blob(statement, 0);
                var length = SqliteCalls.BlobBytes(statement, 0);
                if ((bytesAtMost -= length) < 0)
                    throw new InvalidDataException("its rows are larger than the file");
                rows.Add(new ReadOnlySpan<byte>(blob, length).ToArray());
            }
            return code == SqliteCalls.Done ? rows : throw new InvalidDataException(SqliteCalls.Describe(database));
        }
        finally
        {
            _ = SqliteCalls.Finalize(statement);
        }
    }

    [UnmanagedCallersOnly]
    private static int Spend(int* budget) => --*budget < 0 ? 1 : 0;
}
