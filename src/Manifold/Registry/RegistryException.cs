using System.Net;
using Manifold.Oci;

namespace Manifold.Registry;

/// <summary>
/// A registry refused, failed, sent something wrong, or is not there. The message holds no credential and no query string.
/// </summary>
public sealed class RegistryException(string message, Exception? inner = null) : ManifoldException(message, inner)
{
    public override int ExitCode => 3;

    /// <summary>Host and port, as the image reference has them.</summary>
    public required string Registry { get; init; }

    /// <summary>Null where no answer came.</summary>
    public HttpStatusCode? Status { get; init; }

    /// <summary>The specification's code, e.g. <c>MANIFEST_UNKNOWN</c>, where the registry gave one.</summary>
    public string? Code { get; init; }

    /// <summary>The content that no repository has any more which had it; null where that is not the trouble.</summary>
    internal Digest? Lost { get; init; }

    internal RegistryException With(string message) =>
        new(message, this)
        {
            Registry = Registry,
            Status = Status,
            Code = Code,
            Lost = Lost,
            Retries = Retries,
            RetryAfter = RetryAfter,
        };

    /// <summary>How many more tries this failure is worth: none where trying again cannot help.</summary>
    internal int Retries { get; set; }

    /// <summary>How long the registry asked us to wait.</summary>
    internal TimeSpan? RetryAfter { get; init; }
}
