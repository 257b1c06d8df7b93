using System.Net;
using Manifold.Oci;

namespace Manifold.Registry;

public sealed partial class RegistryClient
{
    /// <summary>One place to ask: a host, and what the image is called there.</summary>
    private sealed record Place(RegistryHost Host, ImageReference Reference, bool IsMirror)
    {
        /// <summary>What people are told that we were doing; a mirror is named, for its answers are not the registry's.</summary>
        public RegistryRequest Named(RegistryRequest request) =>
            IsMirror ? request with { Doing = $"{request.Doing} (from the mirror {Host.Name})" } : request;
    }

    /// <summary>
    /// The name with its registry: itself where it has one,
    /// else the first of those that it may stand for and that is there.
    /// </summary>
    /// <remarks>Costs a small request for each registry that is searched; nothing where there is only one.</remarks>
    /// <exception cref="RegistryException">None has it; the message says what each of them said.</exception>
    public async Task<ImageReference> QualifyAsync(ImageReference name, CancellationToken cancellation = default)
    {
        var candidates = options.Registries.Names.Remote(name);
        if (candidates is [var only])
            return only;
        var (failed, status) = (new List<string>(), (HttpStatusCode?)HttpStatusCode.NotFound);
        foreach (var candidate in candidates)
        {
            try
            {
                if (await HeadManifestAsync(candidate, cancellation: cancellation).ConfigureAwait(false) is not null)
                    return candidate;
                failed.Add($"{candidate.Registry} does not have it");
            }
            catch (RegistryException e)
            {
                status = e.Status;
                failed.Add($"{candidate.Registry}: {Shortened(e)}");
            }
        }
        throw new RegistryException($"pull {name.ShortName}: none of the search registries has it ({string.Join("; ", failed)}). "
            + "Check the name, or add the registry to it.")
        {
            Registry = candidates[0].Registry,
            Status = status,
        };
    }

    /// <summary>The answer of a place in a few words. Names a storage behind it.</summary>
    private static string Shortened(RegistryException e)
    {
        var said = e.Message[(e.Message.IndexOf(": ", StringComparison.Ordinal) + 2)..];
        return e.Status is not { } status ? said.TrimEnd('.') : said.StartsWith('\'')
            ? $"{said[..(said.IndexOf('\'', 1) + 1)]} answered {(int)status}" : $"answered {(int)status}";
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
                failed.Add($"{place.Host.Name}: {Shortened(e)}");
            }
            catch (RegistryException e) when (failed.Count > 0)
            {
                throw e.With($"{e.Message} Its mirrors also failed: {string.Join("; ", failed)}.");
            }
        }
        throw new InvalidOperationException("The last place is the registry itself.");
    }
}
