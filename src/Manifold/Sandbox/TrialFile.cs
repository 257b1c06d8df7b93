using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Manifold.Content;

namespace Manifold.Sandbox;

/// <summary>A file of the store that keeps what a trial on this machine gave. Without it the trial is made again.</summary>
internal sealed class TrialFile<T>(StoreFolder folder, string name, JsonTypeInfo<T> type) where T : class
{
    private readonly string path = Path.Combine(folder.Path, name);

    /// <summary>Null where there is none that can be read.</summary>
    public T? Read()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    public void Keep(T tried)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            Store.ReplaceFile(path, JsonSerializer.SerializeToUtf8Bytes(tried, type));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is tried again next time.
        }
    }
}
