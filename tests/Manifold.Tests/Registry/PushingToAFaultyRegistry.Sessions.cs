using Manifold.Oci;
using Manifold.Registry;

namespace Manifold.Tests.Registry;

/// <summary>Upload sessions and mounts.</summary>
public sealed partial class PushingToAFaultyRegistry
{
    [Theory]
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(400)]
    public async Task a_registry_that_knows_no_mounts_gets_the_blob(int status)
    {
        var blob = await StoreAsync(Noise(10_000));
        Registry.Fault = async context =>
        {
            if (!context.Request.Query.ContainsKey("mount"))
                return false;
            await ScriptedRegistry.RefuseAsync(context, status, "UNSUPPORTED");
            return true;
        };
        var source = new BlobSource(Store, [Registry.Reference("base")]);
        Assert.Equal(BlobPush.Uploaded, await Client().PushBlobAsync(Registry.Reference("app"), blob, source));
    }

    [Fact]
    public async Task a_session_that_the_registry_lost_is_begun_again()
    {
        var content = Noise(600_000);
        var losses = 1;
        Registry.Fault = async context =>
        {
            if (context.Request.Method != "PUT" || Interlocked.Decrement(ref losses) < 0)
                return false;
            await ScriptedRegistry.RefuseAsync(context, 404, "BLOB_UPLOAD_UNKNOWN");
            return true;
        };
        await PushAsync(await StoreAsync(content));
        Assert.Equal(content, Registry.Blobs[Digest.Of(content)]);
    }

    [Fact]
    public async Task a_registry_that_loses_every_session_is_given_up()
    {
        Registry.Fault = async context =>
        {
            if (context.Request.Method is "POST" or "HEAD")
                return false;
            await ScriptedRegistry.RefuseAsync(context, 404, "BLOB_UPLOAD_UNKNOWN");
            return true;
        };
        await Assert.ThrowsAsync<RegistryException>(async () => await PushAsync(await StoreAsync(Noise(600_000))));
        Assert.InRange(Registry.Requests.Count, 4, 40);
    }

    [Fact]
    public async Task an_answer_that_was_lost_does_not_send_the_blob_twice()
    {
        var losses = 1;
        Registry.Fault = async context =>
        {
            if (context.Request.Method != "PUT" || Interlocked.Decrement(ref losses) < 0)
                return false;
            Registry.AddBlob("app", await ScriptedRegistry.ReadAsync(context));
            context.Abort();
            return true;
        };
        await PushAsync(await StoreAsync(Noise(10_000)));
        Assert.Equal(["HEAD", "POST", "PUT", "HEAD"], Methods());
    }

    [Fact]
    public async Task a_blob_of_another_repository_is_mounted()
    {
        var blob = Registry.AddBlob("base", Noise(10_000));
        var outcome = await Client().PushBlobAsync(Registry.Reference("app"), blob, new BlobSource(Store, [Registry.Reference("base")]));
        Assert.Equal(BlobPush.Mounted, outcome);
        Assert.Equal(["HEAD", "POST"], Methods());
    }

    [Fact]
    public async Task where_mounting_is_refused_the_session_that_it_began_is_used()
    {
        var blob = await StoreAsync(Noise(10_000));
        var outcome = await Client().PushBlobAsync(Registry.Reference("app"), blob, new BlobSource(Store, [Registry.Reference("base")]));
        Assert.Equal(BlobPush.Uploaded, outcome);
        Assert.Equal(["HEAD", "POST", "PUT"], Methods());
    }
}
