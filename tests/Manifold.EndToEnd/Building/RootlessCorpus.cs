namespace Manifold.EndToEnd.Building;

/// <summary>The corpus as an ordinary user builds it: the same cases, the same expectations.</summary>
[Trait("kind", "end-to-end")]
public sealed class RootlessCorpus(RootlessCorpusRun run) : IClassFixture<RootlessCorpusRun>
{
    /// <summary>
    /// What takes root by its nature: the machine's capabilities, device nodes, and a setuid bit that survives a write (the kernel asks for
    /// CAP_FSETID of the machine).
    /// </summary>
    private static readonly string[] RootsOwn =
        ["run-security-insecure", "run-devices-and-kernel-files", "layers-file-capabilities-and-xattrs"];

    public static TheoryData<string> All => [.. CorpusRun.Names.Except(RootsOwn)];

    [Theory]
    [MemberData(nameof(All))]
    public async Task each_case_gives_what_BuildKit_gives(string name)
    {
        var difference = CorpusCase.Read(name).Judge((await run.Results)[name]);
        Assert.True(difference is null, difference);
    }
}

/// <summary>Builds the cases as an ordinary user, who gives root his images to list.</summary>
public sealed class RootlessCorpusRun : CorpusRun
{
    private readonly Lazy<Task<OrdinaryUser>> user;

    public RootlessCorpusRun() => user = new(ComeAsync);

    public override void Dispose()
    {
        if (user is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            user.Value.Result.Dispose();
        base.Dispose();
    }

    private async Task<OrdinaryUser> ComeAsync()
    {
        var user = await OrdinaryUser.ComeAsync();
        File.SetUnixFileMode(Shop.Path, (UnixFileMode)0b111_101_101);
        await Tool.Run("chown", user.Owner, Directory.CreateDirectory(Shop.Root).FullName);
        return user;
    }

    /// <summary>With the setuid bits, which the kernel takes from what changes its owner.</summary>
    protected override async Task HandOverAsync(string folder) =>
        await Tool.Run("sh", "-c",
            "find \"$1\" -type f -perm /6000 -printf '%m\\0%p\\0' >\"$1.modes\" && chown "
                + "-R \"$0\" \"$1\" && xargs -0 -r -n 2 chmod <\"$1.modes\"", (await user.Value).Owner, folder);

    protected override async Task<Workshop.Outcome> RunAsync(string[] arguments, string? input) =>
        await (await user.Value).RunAsync(arguments, Shop.Variables.SetItems(Shop.Set), input);
}
