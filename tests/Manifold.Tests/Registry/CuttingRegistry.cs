using System.Globalization;
using Manifold.Oci;
using Microsoft.AspNetCore.Http;

namespace Manifold.Tests.Registry;

/// <summary>A fault for <see cref="ScriptedRegistry"/>: blobs end in the middle.</summary>
internal static class CuttingRegistry
{
    /// <summary>
    /// Sends the right head and some of the bytes, then ends the connection, or says nothing more until the client gives
    /// up.
    /// </summary>
    public static Func<HttpContext, Task<bool>> Cut(ScriptedRegistry registry, int bytes, int times, bool silent = false) =>
        async context =>
        {
            if (context.Request.Method != "GET"
                || !context.Request.Path.Value!.Contains("/blobs/sha")
                || Interlocked.Decrement(ref times) < 0)
                return false;
            var content = registry.Blobs[Digest.Parse(context.Request.Path.Value!.Split('/')[^1])];
            var begin = context.Request.Headers.Range.ToString() is { Length: > 0 } range
                ? int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture)
                : 0;
            if (begin + bytes >= content.Length)
                return false;
            context.Response.StatusCode = begin > 0 ? 206 : 200;
            if (begin > 0)
                context.Response.Headers.ContentRange = $"bytes {begin}-{content.Length - 1}/{content.Length}";
            context.Response.ContentLength = content.Length - begin;
            await context.Response.Body.WriteAsync(content.AsMemory(begin, bytes));
            await context.Response.Body.FlushAsync();
            if (silent)
                await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true; // the connection ends behind what was sent, which therefore arrives
        };
}
