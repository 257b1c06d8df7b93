using System.Diagnostics.CodeAnalysis;

namespace Manifold.Concurrency;

/// <summary>A value that is made when somebody needs it, once for all callers.</summary>
/// <remarks>The rules are those of <see cref="SharedWork{TKey, T}"/>: making it ends only after every caller has left,
/// and a failure is not remembered. Thread-safe.</remarks>
/// <param name="make">Its token is cancelled only after every caller was.</param>
internal sealed class SharedValue<T>(Func<CancellationToken, Task<T>> make)
{
    private readonly SharedWork<bool, T> only = new();

    /// <summary>Returns the value: the one that is known, the one that is being made, or a new one.</summary>
    public Task<T> GetAsync(CancellationToken cancellation) => only.GetAsync(true, make, cancellation);

    /// <summary>Returns the value if it is known. Makes nothing and waits for nothing.</summary>
    public bool TryGet([MaybeNullWhen(false)] out T value) => only.TryGet(true, out value);
}
