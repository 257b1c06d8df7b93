using Manifold.Building.Checking;
using Manifold.Oci;
using Manifold.Planning.Advising;
using Manifold.Sandbox;
using Manifold.Tests.Registry;
using Microsoft.AspNetCore.Http;

namespace Manifold.Tests.Planning;

public sealed class AskingForNewerTags : WithARegistry
{
    private readonly ManualTime time = new();

    [Fact]
    public async Task the_newest_patch_is_advised()
    {
        Registry.Fault = async context =>
        {
            if (context.Request.Path != "/v2/app/tags/list")
                return false;
            await context.Response.WriteAsync("""{"name":"app","tags":["1.22.3","1.22.9","1.23.1"]}""");
            return true;
        };
        var advice = Assert.Single(await AdviseAsync());
        Assert.Equal(AdviceKind.NewerPatch, advice.Kind);
        Assert.EndsWith("app:1.22.9", advice.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_registry_that_does_not_answer_is_not_waited_for_long()
    {
        var asked = new TaskCompletionSource();
        Registry.Fault = async context =>
        {
            asked.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        var advice = AdviseAsync();
        await asked.Task.WaitAsync(Eventually.Bound);
        Assert.False(advice.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(5));

        Assert.Empty(await advice.WaitAsync(Eventually.Bound));
    }

    private async Task<IReadOnlyList<BuildAdvice>> AdviseAsync()
    {
        var image = AdvisingOnBuilds.Base(Registry.Reference("app").WithTag("1.22.3"), Platform.Parse("linux/amd64"));
        return await new BuildAdvisor(new Emulators(Store), Client(), time)
            .OfAsync([new AdvisedBuild("", null, [image])], TestContext.Current.CancellationToken);
    }
}
