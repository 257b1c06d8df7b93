using Manifold.Oci;
using Manifold.Publishing;
using Microsoft.AspNetCore.Http;

namespace Manifold.Tests.Publishing;

/// <summary>A publication of two tags, as often as it makes requests: each time another one fails, or is the last before Ctrl-C.</summary>
public sealed class FailingAtEachRequest : WithAnImage
{
    private const string One = "app:one", Two = "mirror:two";

    private Descriptor old = null!;
    private Action restore = null!;

    [Theory]
    [InlineData(403, false)]
    [InlineData(0, false)]
    [InlineData(403, true)]
    [InlineData(503, true)]
    public async Task both_tags_are_new_or_both_are_old_or_the_failure_tells_each(int status, bool fromThereOn)
    {
        for (var at = 1; ; at++)
        {
            var image = await PrepareAsync(at);
            var count = 0;
            Registry.Fault = async context =>
            {
                var number = Interlocked.Increment(ref count);
                return (fromThereOn ? number >= at : number == at) && await FailAsync(context, status);
            };

            var failure = await Record.ExceptionAsync(() => PublishAsync(image, One, Two));

            Registry.Fault = null;
            Check(failure, image, $"request {at} answered {status}");
            if (count < at)
            {
                Assert.True(at > 20, $"{at} requests are fewer than a publication takes");
                return;
            }
            await EndsAsync(image);
        }
    }

    [Fact]
    public async Task interrupted_at_any_request_both_tags_are_new_or_both_are_old()
    {
        for (var at = 1; ; at++)
        {
            var image = await PrepareAsync(at);
            using var cancelling = new CancellationTokenSource();
            var count = 0;
            Registry.Fault = async context =>
            {
                if (Interlocked.Increment(ref count) == at)
                    await cancelling.CancelAsync();
                return false;
            };

            var failure = await Record.ExceptionAsync(() => PublishAsync(image, Request(), cancelling.Token));

            Registry.Fault = null;
            if (failure is not OperationCanceledException)
                Check(failure, image, $"interrupted at request {at}");
            else
                Assert.Equal((old.Digest, old.Digest), (Now(One)!.Value, Now(Two)!.Value));
            if (count < at)
                return;
            await EndsAsync(image);
        }
    }

    /// <summary>The state of the tags is the one that the outcome promises.</summary>
    private void Check(Exception? failure, Descriptor image, string when)
    {
        var now = new[] { One, Two }.Select(tag => Now(tag)!.Value).ToArray();
        var told = failure as PublicationFailedException;
        if (failure is null)
            Assert.True(now.All(digest => digest == image.Digest), $"{when}: success, and the tags name {string.Join(", ", now)}");
        else if (told is null || told.Old.Length == 2)
            Assert.True(now.All(digest => digest == old.Digest), $"{when}: {failure.Message}, and the tags name {string.Join(", ", now)}");
        foreach (var (tag, digest) in new[] { One, Two }.Zip(now).Where(_ => told is not null))
        {
            Assert.True(!told!.Old.Contains(Registry.Reference(tag)) || digest == old.Digest, $"{when}: {tag} is not old");
            Assert.True(!told.New.Contains(Registry.Reference(tag)) || digest == image.Digest, $"{when}: {tag} is not new");
        }
        if (now.Contains(image.Digest))
            IsWhole("app", image);
    }

    /// <summary>Whatever happened, the same publication again brings it to its end.</summary>
    private async Task EndsAsync(Descriptor image)
    {
        await PublishAsync(image, One, Two);
        Assert.Equal((image.Digest, image.Digest), (Now(One)!.Value, Now(Two)!.Value));
        IsWhole("app", image);
        IsWhole("mirror", image);
        Assert.Empty(Journal());
    }

    /// <summary>Both tags name the same old image again, and nobody has published the new one.</summary>
    private async Task<Descriptor> PrepareAsync(int at)
    {
        if (at == 1)
        {
            old = await ImageAsync("old");
            await PublishAsync(old, One, Two);
            restore = Registry.Remember();
        }
        restore();
        return await ImageAsync($"new {at}");
    }

    private PublicationRequest Request() => new() { Targets = [Registry.Reference(One), Registry.Reference(Two)] };

    private static async Task<bool> FailAsync(HttpContext context, int status)
    {
        if (status == 0)
            context.Abort();
        else
            await ScriptedRegistry.RefuseAsync(context, status, "DENIED");
        return true;
    }
}
