using System.Collections.Concurrent;
using System.IO.Compression;
using System.Text;
using Manifold.Linux;

namespace Manifold.EndToEnd.Building;

/// <summary>Builds whose RUNs read secrets, and print them; then all that the builds left behind is searched.</summary>
[Trait("kind", "end-to-end")]
public sealed class SecretsStaySecret : IAsyncLifetime
{
    // "seen" is printed as well and is no secret: where it is not found, the search would not find a secret either.
    private const string Dockerfile = """
        FROM BASE
        ARG SEEN
        RUN PAUSE --mount=type=secret,id=file --mount=type=secret,id=key,target=/key,mode=0444,uid=5 --mount=type=secret,id=variable,env=TOKEN,required \
            cat /run/secrets/file /key; cat /key >&2; echo "in a line: $TOKEN; $SEEN"; ls -ln /key /run/secrets; busybox base64 -w 0 /run/secrets/file; WAIT; \
            test "$TOKEN" != "" && cat /run/secrets/file >/dev/null
        RUN --mount=type=secret,id=both,target=/both,env=BOTH test "$(cat /both)" = "$BOTH" && echo used >/used
        """;

    private readonly Workshop shop = new();
    private readonly string[] values = [.. Enumerable.Range(0, 5).Select(i => $"hidden-{i}-{Guid.NewGuid():N}")];
    private readonly string seen = $"seen-{Guid.NewGuid():N}";
    private readonly string outside = Path.Combine(Path.GetTempPath(), $"secrets-{Guid.NewGuid():N}");

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "RUN needs root.");
        await Workshop.NeedBusyBox();
        Directory.CreateDirectory(outside);
        await File.WriteAllTextAsync(Path.Combine(outside, "file"), values[0] + "\n");
        await File.WriteAllTextAsync(Path.Combine(outside, "key"), $"-----BEGIN KEY-----\n{values[1]}\n{values[2]}\n-----END KEY-----\n");
        shop.Set["VARIABLE"] = values[3];
        shop.Set["both"] = values[4];
    }

    public ValueTask DisposeAsync()
    {
        shop.Dispose();
        Directory.Delete(outside, recursive: true);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("json")]
    [InlineData("tty")]
    public async Task in_layers_history_records_reports_logs_and_the_process_list(string progress)
    {
        var context = shop.Context(
            Dockerfile.Replace("PAUSE", Pause.Mount, StringComparison.Ordinal).Replace("WAIT", Pause.Command, StringComparison.Ordinal));
        var pause = new Pause(shop.Root);
        using var watch = new Watch(shop.Root, values);

        var building = Build(context, progress, "-o", $"type=oci,tar=false,dest={shop["out"]}", "-o", $"type=oci,dest={shop["out.tar"]}",
            "--metadata-file", shop["metadata.json"], "-t", "localhost/app");
        await pause.Reached(building);
        await watch.LooksAgainAsync();
        pause.GoOn();
        var built = (await building).Succeeded();

        Assert.Empty(watch.Seen());
        Assert.DoesNotContain(values, value => Says(built, value));
        if (progress != "tty")
            Assert.Contains(seen, built.Error, StringComparison.Ordinal);
        var report = await shop.Run([], "report", "--format", "html");
        List<(string Name, byte[] Content)> left = [.. Files(shop.Path), ("report", Encoding.UTF8.GetBytes(report.Output + report.Error))];
        Assert.Contains(left, file => Has(file.Content, seen));
        Assert.Empty(left.Where(file =>
            values.Any(value => Has(file.Content, value) || Has(file.Content, Convert.ToBase64String(Encoding.UTF8.GetBytes(value))[..^4])))
            .Select(file => file.Name));
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("json")]
    public async Task in_the_message_of_a_run_that_fails(string progress)
    {
        var context = shop.Context("FROM BASE\nARG SEEN\nRUN --mount=type=secret,id=file "
            + "--mount=type=secret,id=variable,env=TOKEN cat /run/secrets/file; echo \"$TOKEN $SEEN\" >&2; exit 3");

        var failed = await Build(context, progress);

        Assert.Equal(1, failed.Code);
        Assert.Contains(seen, failed.Error, StringComparison.Ordinal);
        Assert.Contains("***", failed.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(values, value => Says(failed, value));
        Assert.Empty(Files(shop.Path).Where(file => values.Any(value => Has(file.Content, value))).Select(file => file.Name));
    }

    [Fact]
    public async Task and_another_value_runs_nothing_again()
    {
        var context = shop.Context("FROM BASE\nRUN --mount=type=secret,id=file cat /run/secrets/file >/dev/null");
        (await Build(context, "json")).Succeeded();
        await File.WriteAllTextAsync(Path.Combine(outside, "file"), "another");
        Assert.All((await Build(context, "json")).Succeeded().Steps, step => Assert.True(step.Cached, step.Name));
    }

    [Fact]
    public async Task and_one_that_is_required_and_not_given_is_asked_for_before_any_work()
    {
        var refused = await shop.Build(shop.Context("FROM BASE\nRUN --mount=type=secret,id=npm,required true"));
        Assert.Equal(2, refused.Code);
        Assert.Contains("Dockerfile:2", refused.Error, StringComparison.Ordinal);
        Assert.Contains("--secret id=npm,src=FILE", refused.Error, StringComparison.Ordinal);
        Assert.Empty(refused.Steps);
    }

    [Theory]
    [InlineData("id=npm,src=/not/there", "'/not/there' does not exist")]
    [InlineData("src=file", "id is missing")]
    [InlineData("id=npm,scr=file", "Did you mean src")]
    [InlineData("id=npm,type=vault", "unknown type 'vault'")]
    public async Task and_a_wrong_flag_is_explained(string flag, string said)
    {
        var refused = await shop.Build(shop.Context("FROM BASE"), "--secret", flag);
        Assert.Equal(2, refused.Code);
        Assert.Contains(said, refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task and_a_flag_that_is_the_secret_itself_is_not_repeated()
    {
        var refused = await shop.Build(shop.Context("FROM BASE"), "--secret", values[0]);
        Assert.Equal(2, refused.Code);
        Assert.DoesNotContain(values[0], refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task of_a_project_too()
    {
        var file = Path.Combine(
            shop.Context("FROM BASE\nRUN --mount=type=secret,id=file --mount=type=secret,id=variable,env=TOKEN cat /run/secrets/file; "
                + "echo $TOKEN; test -n \"$TOKEN\" && test -s /run/secrets/file"), "manifold.yaml");
        await File.WriteAllTextAsync(file,
            $"images:\n  app:\n    context: .\n    secrets: [\"id=file,src={outside}/file\", \"id=variable,env=VARIABLE\"]\n");

        var baked = (await shop.Run([], "bake", "-f", file, "--progress", "plain")).Succeeded();

        Assert.Contains("***", baked.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("no effect", baked.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(values, value => Says(baked, value));
    }

    private Task<Workshop.Outcome> Build(string context, string progress, params string[] more) => shop.Run(
    [
        "--secret", $"id=file,src={outside}/file",
        "--secret", $"type=file,id=key,source={outside}/key", "--secret", "id=variable,env=VARIABLE", "--secret", "id=both",
        "--build-arg", $"SEEN={seen}", .. more, context,
    ], "build", "--progress", progress);

    private static bool Says(Workshop.Outcome outcome, string value) =>
        (outcome.Output + outcome.Error).Contains(value, StringComparison.Ordinal);

    internal static bool Has(byte[] content, string value) => content.AsSpan().IndexOf(Encoding.UTF8.GetBytes(value)) >= 0;

    /// <summary>Every file, and once more as it is when it is decompressed.</summary>
    internal static IEnumerable<(string Name, byte[] Content)> Files(string folder)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*", new EnumerationOptions
        {
            RecurseSubdirectories =
                true,
            AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Device,
        }))
        {
            var content = File.ReadAllBytes(path);
            yield return (path, content);
            if (content is [0x1F, 0x8B, ..])
            {
                using var plain = new MemoryStream();
                using (var gzip = new GZipStream(new MemoryStream(content), CompressionMode.Decompress))
                    gzip.CopyTo(plain);
                yield return (path + " (decompressed)", plain.ToArray());
            }
        }
    }

    /// <summary>Looks at all command lines and at the store's work folder for as long as a build runs.</summary>
    private sealed class Watch : IDisposable
    {
        private readonly ConcurrentDictionary<string, bool> seen = new();
        private readonly string[] values;
        private readonly string root;
        private readonly Thread thread;
        private volatile bool ended;
        private volatile int looks;

        public Watch(string root, string[] values)
        {
            (this.root, this.values) = (root, values);
            thread = new Thread(Look) { IsBackground = true };
            thread.Start();
        }

        public IEnumerable<string> Seen()
        {
            Dispose();
            return seen.Keys;
        }

        /// <summary>Waits until everything has been checked twice from now on.</summary>
        public Task LooksAgainAsync()
        {
            var enough = looks + 3;
            return Eventually.Is(() => looks >= enough);
        }

        private void Look()
        {
            for (; !ended; looks++, Thread.Sleep(50))
            {
                foreach (var process in Directory.EnumerateDirectories("/proc").Where(name => int.TryParse(Path.GetFileName(name), out _)))
                    LookAt(Path.Combine(process, "cmdline"));
                if (Directory.Exists(Path.Combine(root, "work")))
                    foreach (var file in Directory.EnumerateFiles(Path.Combine(root, "work"), "*",
                        new EnumerationOptions
                        {
                            RecurseSubdirectories =
                                true,
                            IgnoreInaccessible = true,
                            AttributesToSkip = FileAttributes.ReparsePoint | FileAttributes.Device,
                        }))
                        LookAt(file);
            }
        }

        private void LookAt(string file)
        {
            try
            {
                // The runtime waits at a pipe among these files until somebody opens its other end: that must not be us.
                if (DirectoryHandle.StatusOf(file) is not { Type: FileStatus.RegularFile })
                    return;
                var content = File.ReadAllBytes(file);
                if (values.Any(value => Has(content, value)))
                    seen[file] = true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It is gone by now.
            }
        }

        public void Dispose()
        {
            ended = true;
            thread.Join();
        }
    }
}
