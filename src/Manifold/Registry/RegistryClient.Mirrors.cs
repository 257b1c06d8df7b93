using Manifold.Oci;

namespace Manifold.Registry;

public sealed partial class RegistryClient
{
    /// <summary>One place to ask: a host, and what the image is called there.</summary>
    private sealed record Place(RegistryHost Host, ImageReference Reference, bool IsMirror)
    {
        /// <summary>What people are told that we were doing; a mirror is named, for its answers are not the registry's.</summary>
        public RegistryRequest Named(RegistryRequest request) => IsMirror ? request with { Doing = $"{request.Doing} (from the mirror {Host.Name})" } : request;
    }

    /// <summary>Where it is written: never a mirror.</summary>
    private RegistryHost TargetOf(ImageReference repository)
    {
        var target = options.Registries.PushTo(repository);
        return Host(target.Reference.Registry, target.Insecure);
    }

    /// <summary>Asks the mirrors in order, then the registry itself. Null or false is "absent there", and the next is asked.</summary>
    /// <exception cref="RegistryException">The registry refused; what its mirrors said is in the message as well.</exception>
    private async Task<T?> FirstAnswerAsync<T>(ImageReference name, bool byContent, Func<Place, Task<T?>> ask)
    {
        var failed = new List<string>();
        foreach (var endpoint in options.Registries.PullFrom(name, byContent))
        {
            var place = new Place(Host(endpoint.Reference.Registry, endpoint.Insecure), endpoint.Reference, endpoint.IsMirror);
            if (place is { IsMirror: true, Host.IsUnreachable: true })
                continue;
            try
            {
                var answer = await ask(place).ConfigureAwait(false);
                if (!endpoint.IsMirror || !EqualityComparer<T?>.Default.Equals(answer, default))
                    return answer;
            }
            catch (RegistryException e) when (endpoint.IsMirror)
            {
                failed.Add($"{place.Host.Name}: {(e.Status is { } status ? $"answered {(int)status}" : e.Message[(e.Message.IndexOf(": ", StringComparison.Ordinal) + 2)..].TrimEnd('.'))}");
            }
            catch (RegistryException e) when (failed.Count > 0)
            {
                throw e.With($"{e.Message} Its mirrors failed before: {string.Join("; ", failed)}.");
            }
        }
        throw new InvalidOperationException("The last place is the registry itself.");
    }
}
