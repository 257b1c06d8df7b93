using Manifold.Fuzz;

namespace Manifold.EndToEnd.Oci;

/// <summary>Whatever becomes of an image's documents, or of an address, it is read or refused with a reason.</summary>
public sealed class DamagingDocuments
{
    public static MatrixTheoryData<string, int> Seeds => new(["documents", "addresses"], [1, 2, 3]);

    [Theory, MemberData(nameof(Seeds))]
    public void thousands_of_damaged_ones_are_read_in_time(string name, int seed)
    {
        var target = FuzzTarget.Named(name);
        var mutations = new Mutations(target.Corpus, seed, target.Pieces);
        for (var i = 0; i < 1_000; i++)
        {
            var file = mutations.Next();
            var (failure, _) = Fuzzing.Read(file, target);
            Assert.True(failure is null,
                $"seed {seed}, file {i}: {failure}\n{Convert.ToBase64String(file.AsSpan(0, Math.Min(file.Length, 4_000)))}");
        }
    }

    [Theory, InlineData("documents"), InlineData("addresses")]
    public void every_one_is_read_whole(string name) =>
        Assert.All(FuzzTarget.Named(name).Corpus, file => Assert.Null(Fuzzing.Read(file, FuzzTarget.Named(name)).Failure));

    [Theory, InlineData("documents"), InlineData("addresses")]
    public async Task as_a_program_the_fuzzer_needs_no_folder(string name)
    {
        var fuzz = Path.Combine(AppContext.BaseDirectory, "Manifold.Fuzz.dll");
        Assert.Contains("seed 7:", await SystemProgram.Run("dotnet", fuzz, "--target", name, "--seconds", "1", "--seed", "7"),
            StringComparison.Ordinal);
    }
}
