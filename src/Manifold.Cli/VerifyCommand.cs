using System.CommandLine;
using Manifold.Content;
using Manifold.Images;
using Manifold.Reporting;
using Manifold.Sandbox;
using Manifold.Snapshots;
using Manifold.Text;
using Manifold.Verification;
using Manifold.Verification.Findings;
using Manifold.Verification.Packages;
using Manifold.Verification.Parity;

namespace Manifold.Cli;

/// <summary>
/// <c>manifold verify</c>: does each platform of an image start on what its label says? Static; with <c>--run</c> also by starting it.
/// </summary>
internal sealed class VerifyCommand
{
    private readonly Argument<string> image = new("REF")
    {
        Description = "The image: REF (in its registry or the local store), "
            + "docker://REF, store:REF, oci:FOLDER[:NAME], oci-archive:FILE[:NAME] or docker-archive:FILE[:REF].",
    };
    private readonly Option<string[]> platforms = new("--platform")
    {
        Description = "Check only these platforms, such as linux/arm64. Repeatable.",
        HelpName = "PLATFORMS",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly Option<bool> all = new("--all") { Description = "Check every file in every layer, not only those needed to start." };
    private readonly Option<bool> strict = new("--strict") { Description = "Fail on warnings, too." };
    private readonly Option<string[]> allow = new("--verify-allow")
    {
        Description = "Allow these files to be for another architecture, such as 'opt/agents/**'. Repeatable.",
        HelpName = "PATTERN",
        Arity = ArgumentArity.OneOrMore,
    };
    private readonly Option<string?> run = new("--run")
    {
        Description = "Also start the entrypoint of each platform, natively or "
            + "emulated, without a network. ARGS replace CMD, as in --run=--version.",
        HelpName = "ARGS",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Option<double> timeout = new("--timeout")
    {
        Description = "With --run: stop a program that runs longer than this.",
        HelpName = "SECONDS",
        DefaultValueFactory = _ => 30,
    };
    private readonly Option<bool> requireRun = new("--require-run")
    {
        Description = "With --run: fail if this machine cannot run a platform, instead of skipping it.",
    };
    private readonly Option<bool> json = new("--json") { Description = "Print the report as JSON." };
    private readonly SignatureFlags signatures;
    private readonly Option<bool> parity = new("--parity")
    {
        Description = "Compare the packages, files and configuration of the platforms, and run no other checks. "
            + "Differences cause a failure only with --strict.",
    };
    private readonly RegistryAccess access;
    private readonly CliContext context;

    private VerifyCommand(CliContext context, Command command)
    {
        this.context = context;
        command.Add(image);
        foreach (var option in new Option[] { platforms, all, strict, allow, run, timeout, requireRun, json })
            command.Add(option);
        command.Add(parity);
        signatures = SignatureFlags.AddTo(command);
        access = RegistryAccess.AddTo(command);
    }

    public static Command Create(CliContext context)
    {
        var command = new Command("verify", "Check that an image can start on every platform. The programs, loaders and libraries of each "
            + "platform must match its architecture.");
        var verify = new VerifyCommand(context, command);
        command.SetAction(verify.RunAsync);
        return command;
    }

    /// <exception cref="UsageException">A pattern is malformed.</exception>
    public static VerificationPolicy Policy(string mode, string[]? allow)
    {
        try
        {
            return new VerificationPolicy
            {
                Mode = mode switch { "off" => GateMode.Off, "warn" => GateMode.Warn, "strict" => GateMode.Strict, _ => GateMode.On },
                Allow = [.. allow ?? []],
            };
        }
        catch (Dockerfile.DockerfileException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        RefuseWhatWouldBeIgnored(parsed);
        var policy = Policy(parsed.GetValue(strict) ? "strict" : "on", parsed.GetValue(allow));
        using var store = context.OpenStore();
        using var inUse = await store.LockSharedAsync(cancellation: cancellation);
        using var client = access.Open(context, parsed);
        await using var source = await new ImageSources(store, client)
            .FindAsync(Locations.Parse(parsed.GetRequiredValue(image)), context.Warn, cancellation);
        if (await signatures.CheckAsync(context, parsed, source, cancellation) is { } signed)
            return await SignatureFlags.TellAsync(context, signed, parsed.GetValue(json));
        if (parsed.GetValue(parity))
            return await CompareAsync(parsed, source, cancellation);
        var options = new GateOptions
        {
            Policy = policy,
            All = parsed.GetValue(all),
            Platforms = RegistryAccess.Platforms(parsed.GetValue(platforms) ?? []),
            Parts = await RegistryParts.TryAskAsync((client, store), source, PartsAsked.All, context.Warn, cancellation),
        };
        var report = await new Gate(store).CheckAsync(source, options, cancellation);
        if (parsed.GetResult(run) is not null)
            report = await (await RunnerAsync(store)).RunAsync(source, report, RunOptionsOf(parsed, parsed.GetValue(run) ?? ""),
                cancellation);
        if (parsed.GetValue(json))
            await context.Out.WriteLineAsync(GateJson.Write(report, source.Location.ToString()));
        else
            Print(report);
        return report.IsRefusedBy(policy) ? 1 : 0;
    }

    /// <exception cref="UsageException">Two questions were asked at once, or more was said of a question that was not asked.</exception>
    private void RefuseWhatWouldBeIgnored(ParseResult parsed)
    {
        Option[] ofTheGate = [run, timeout, requireRun, all, allow, platforms];
        if (Given(signatures.Key) && First([parity, strict, .. ofTheGate]) is { } beside)
            throw new UsageException($"--key and {beside} cannot be used together: --key checks only signatures. Run verify again for "
                + $"{beside}.");
        if (Given(parity) && First(ofTheGate) is { } other)
            throw new UsageException($"--parity and {other} cannot be used together: --parity only compares platforms. Run verify again "
                + $"for {other}.");
        if (!Given(run) && First(timeout, requireRun) is { } lonely)
            throw new UsageException($"{lonely} needs --run. Add --run=ARGS, such as --run=--version");

        string? First(params Option[] options) => options.FirstOrDefault(Given)?.Name;
        bool Given(Option option) => parsed.GetResult(option) is { Implicit: false };
    }

    private async Task<int> CompareAsync(ParseResult parsed, IImageSource source, CancellationToken cancellation)
    {
        var report = ParityReport.Of(await ImageContents.ReadAsync(source, cancellation));
        await context.Out.WriteAsync(parsed.GetValue(json) ? ParityJson.Write(report) + "\n"
            : ParityTable.Render(report, context.OutWidth));
        return parsed.GetValue(strict) && !report.IsSame ? 1 : 0;
    }

    private void Print(GateReport report)
    {
        var findings = report.Findings.ToList();
        if (findings.Count > 0)
            context.Out.WriteLine(GateText.Render(findings) + "\n");
        context.Out.Write(BuildTable.Columns([["PLATFORM", "VERDICT", "LAYERS READ", "STARTS"], .. report.Platforms.Select(Row)],
            context.OutWidth));
        foreach (var platform in report.Platforms.Where(platform => platform.Run is not null))
            WriteRun(platform.Platform.ToString(), platform.Run!);
        var (errors, warnings) = (report.Count(FindingSeverity.Error), report.Count(FindingSeverity.Warning));
        context.Out.WriteLine($"\n{Amounts.Count(errors, "error")}, {Amounts.Count(warnings, "warning")} in {report.Digest}");
    }

    private void WriteRun(string platform, RunReport run)
    {
        context.Out.WriteLine($"\n{platform}: {string.Join(' ', run.Command)}: "
            + $"{(run.ExitCode is { } code ? $"exit code {code}" : "did not exit")} after {run.Seconds:0.0} s"
            + $"{(run.Emulated ? " (emulated)" : "")}");
        foreach (var line in run.Lines)
            context.Out.WriteLine($"  {ProgramOutput.Line(line)}");
    }

    private async Task<SmokeRun> RunnerAsync(Store store)
    {
        var (snapshots, emulators, runtimes) = (new SnapshotStore(store, context.Time),
            new Emulators(store), new OciRuntimes(store, context.Variable("PATH")));
        await runtimes.FindAsync(); // before layers are unpacked
        return new SmokeRun(snapshots,
            new RunSandbox(snapshots, runtimes, emulators, new RunNetworks(store, context.Variable("PATH")), context.Time), emulators);
    }

    private RunOptions RunOptionsOf(ParseResult parsed, string arguments) => new()
    {
        Arguments = [.. arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)],
        Timeout = parsed.GetValue(timeout) is > 0 and < 86_400 and var seconds ? TimeSpan.FromSeconds(seconds)
            : throw new UsageException("--timeout: expected more than 0 and less than 86400 seconds."),
        RequireAll = parsed.GetValue(requireRun),
    };

    private static string[] Row(PlatformReport platform) =>
    [
        platform.Platform.ToString(),
        platform.Worst switch
        {
            FindingSeverity.Error =>
                "error",
            FindingSeverity.Warning => "warning",
            FindingSeverity.Note => "ok (note)",
            _ => "ok",
        },
        $"{platform.LayersRead} of {platform.LayerCount}",
        Start(platform),
    ];

    private static string Start(PlatformReport platform)
    {
        var files = platform.Start.Where(file => file.Role != "library")
            .Select(file => file.Machine is null ? file.Path : $"{file.Path} ({file.Machine})").ToList();
        var libraries = platform.Start.Count(file => file.Role == "library");
        return files.Count == 0
            ? "-"
            : string.Join(" > ", files) + (libraries == 0 ? "" : $" + {(libraries == 1 ? "1 library" : $"{libraries} libraries")}");
    }
}
