using System.Collections.Concurrent;
using Manifold.Registry;

namespace Manifold.Nodes.Units;

/// <summary>The credentials that a caller has lent to this node. They are in memory only. Thread-safe.</summary>
internal sealed class LentCredentials
{
    private readonly ConcurrentDictionary<(string Registry, string Repository, bool ForPush), Credential> lent = new();

    public void Add(IEnumerable<LentCredential> credentials)
    {
        foreach (var each in credentials)
        {
            lent[(each.Registry, each.Repository, each.ForPush)] = new Credential
            {
                UserName = each.UserName,
                Password = each.Password,
                IdentityToken = each.IdentityToken,
                RegistryToken = each.RegistryToken,
            };
        }
    }

    /// <summary>Returns the options of a registry client that uses nothing but what is lent.</summary>
    public RegistryOptions Applied(RegistryOptions options) => options with { Credentials = FindAsync, PushCredentials = FindForPushAsync };

    /// <inheritdoc cref="CredentialSource"/>
    public ValueTask<Credential> FindAsync(string registry, string repository, CancellationToken cancellation) =>
        Find(registry, repository, forPush: false);

    /// <inheritdoc cref="CredentialSource"/>
    public ValueTask<Credential> FindForPushAsync(string registry, string repository, CancellationToken cancellation) =>
        Find(registry, repository, forPush: true);

    private ValueTask<Credential> Find(string registry, string repository, bool forPush) =>
        ValueTask.FromResult(lent.GetValueOrDefault((registry, repository, forPush)) ?? Credential.Anonymous);
}
