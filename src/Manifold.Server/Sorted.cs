namespace Manifold.Server;

/// <summary>Lists that are in ordinal order already, and stay so.</summary>
internal static class Sorted
{
    /// <summary>The entries of all lists, each once. Takes from each list no more than what is asked for, and one.</summary>
    public static IEnumerable<string> Union(IEnumerable<IEnumerable<string>> lists)
    {
        var readers = lists.Select(list => list.GetEnumerator()).ToList();
        try
        {
            var rest = new PriorityQueue<IEnumerator<string>, string>(StringComparer.Ordinal);
            foreach (var reader in readers.Where(reader => reader.MoveNext()))
                rest.Enqueue(reader, reader.Current);
            string? last = null;
            while (rest.TryDequeue(out var reader, out var entry))
            {
                if (entry != last)
                    yield return last = entry;
                if (reader.MoveNext())
                    rest.Enqueue(reader, reader.Current);
            }
        }
        finally
        {
            readers.ForEach(reader => reader.Dispose());
        }
    }
}
