using Polly;
using Polly.Retry;

namespace Manifold.Registry;

/// <summary>The one policy of trying again: exponential, with jitter, bounded in number and time, obeying Retry-After.</summary>
internal static class Retries
{
    /// <summary>For trouble that passes: cuts, 429, 5xx. With the default delays the waits add up to about ten seconds.</summary>
    public const int Many = 5;

    /// <summary>For a host that refuses connections: it may be restarting, and most likely is not there.</summary>
    public const int Few = 2;

    /// <summary>A registry that asks for more patience than this gets none.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static ResiliencePipeline Create(RegistryOptions options) =>
        new ResiliencePipelineBuilder { TimeProvider = options.Time }.AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = Many,
            Delay = options.RetryDelay,
            MaxDelay = Patience,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            ShouldHandle = static arguments => ValueTask.FromResult(
                arguments.Outcome.Exception is RegistryException refusal && arguments.AttemptNumber < refusal.Retries),
            // A wait that is over (zero, or a date by a clock that is behind ours) is no reason to hurry.
            DelayGenerator = static arguments => ValueTask.FromResult(
                (arguments.Outcome.Exception as RegistryException)?.RetryAfter is { } wait && wait > TimeSpan.Zero
                    ? wait
                    : (TimeSpan?)null),
        }).Build();
}
