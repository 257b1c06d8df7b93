namespace Manifold.Server;

/// <summary>
/// Bounds on what clients of the registry may ask for, each with its reason. Those of the content itself are in <see cref="Limits"/>.
/// </summary>
internal static class ServeLimits
{
    /// <summary>A push by digest may name any number of tags in its query; this is some four hundred of the longest.</summary>
    public const int RequestLineBytes = 64 * 1024;

    public const int HeaderBytes = 32 * 1024;

    /// <summary>
    /// HTTP/2: what a client may send ahead of us, for one upload, for all of a connection, and at once.
    /// Its defaults are for pages, not for layers.
    /// </summary>
    public const int StreamWindowBytes = 1024 * 1024, ConnectionWindowBytes = 4 * 1024 * 1024, FrameBytes = 256 * 1024;

    /// <summary>Connections at once, each some kilobytes of memory: far more than clients have, and a bound.</summary>
    public const int Connections = 2000;

    /// <summary>Connections of one client, so that the others have theirs.</summary>
    public const int ConnectionsOfOne = 500;

    /// <summary>The idle time within a request after which a connection is closed if its client has too many.</summary>
    public static readonly TimeSpan StillTime = TimeSpan.FromSeconds(2);

    /// <summary>The time after which a client whose connections are all busy may try again.</summary>
    public static readonly TimeSpan ConnectionRetry = TimeSpan.FromSeconds(5);

    /// <summary>
    /// The time after which a silent connection is closed:
    /// before the TLS handshake, within a request's headers, between requests.
    /// </summary>
    public static readonly TimeSpan SilentTime = TimeSpan.FromSeconds(15);

    /// <summary>Who sends or takes less, after the grace, holds a connection for nothing: the slowest modem is faster.</summary>
    public const double BytesPerSecond = 256;
    public static readonly TimeSpan SlowGrace = TimeSpan.FromSeconds(20);

    /// <summary>What any body but a blob's may have.</summary>
    public const int SmallBodyBytes = Limits.DocumentBytes + 64 * 1024;

    /// <summary>A manifest of up to so many bytes is heard to its end before it is refused for its size.</summary>
    public const int HeardBytes = 64 * 1024 * 1024;

    /// <summary>Manifests with more bytes than almost all have, from one client at once: each is in memory.</summary>
    public const int LargeBodiesOfOne = 32, LargeBodyBytes = 256 * 1024;

    /// <summary>The number of faults of one manifest that are reported. Each may cost a look at every name in the store.</summary>
    public const int ToldFaults = 20;

    /// <summary>Uploads that are begun and not complete; each is an open file.</summary>
    public const int OpenUploads = 2000;

    /// <summary>Those of one client, so that the others have theirs.</summary>
    public const int OpenUploadsOfOne = 500;

    /// <summary>
    /// The idle time after which uploads are closed if their client has too many.
    /// Clients send the first bytes within seconds.
    /// </summary>
    public static readonly TimeSpan UploadGrace = TimeSpan.FromMinutes(1);

    /// <summary>After so long without a request the file of an upload is closed, and an empty one is forgotten.</summary>
    public static readonly TimeSpan UploadIdle = TimeSpan.FromMinutes(10);

    /// <summary>After so long its bytes go: longer than any outage that a client waits for.</summary>
    public static readonly TimeSpan UploadExpiry = TimeSpan.FromDays(1);

    /// <summary>Password checks at once: each may take a core for a second, and pulls go on meanwhile.</summary>
    public const int PasswordChecks = 2;

    /// <summary>Requests of one address that wait for a password check: a push has a few at once, and an attacker thousands.</summary>
    public const int PasswordChecksOfOne = 50;

    /// <summary>
    /// A stop lets requests in flight go on for so long; whoever stops services waits about as long again before it kills.
    /// </summary>
    public static readonly TimeSpan StopWait = TimeSpan.FromSeconds(10);
}
