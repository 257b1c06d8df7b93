using System.Collections.Immutable;
using Manifold.Projects.Yaml;

namespace Manifold.Projects.ManifoldFile;

/// <summary>Checks <c>--secret</c> and <c>--ssh</c> texts of a file; their paths start from its folder. Reads no secret.</summary>
internal sealed class SecretResolver(Surroundings around, FileFaults faults)
{
    public ImmutableArray<string> Secrets(ImmutableArray<Located> texts) => [.. texts.Select(Secret).OfType<string>()];

    public ImmutableArray<string> Ssh(ImmutableArray<Located> texts) => [.. texts.Select(text =>
        text.Text.Split('=', 2) is [var id, var paths] ? $"{id}={string.Join(',', paths.Split(',').Select(Absolute))}" : text.Text)];

    private string? Secret(Located text)
    {
        var pairs = text.Text.Split(',').Select(part => part.Split('=', 2)).ToList();
        var unknown = pairs.Find(pair => pair.Length < 2 || pair[0].Trim() is not ("id" or "src" or "source" or "env" or "type"));
        var id = Value("id");
        if (unknown is not null || string.IsNullOrEmpty(id))
        {
            faults.Add(text.Place, unknown is null ? "the secret has no id." : $"a secret has no key '{unknown[0].Trim()}'.",
                "Expected id=ID[,src=FILE|,env=VARIABLE].");
            return null;
        }
        var source = Value("src") ?? Value("source");
        var variable = Value("env") ?? (Value("type") == "env" ? source : null);
        return variable is not null ? $"id={id},env={variable}" : source is not null ? $"id={id},src={Absolute(source)}" : $"id={id}";

        string? Value(string key) => pairs.Find(pair => pair.Length == 2 && pair[0].Trim() == key)?[1];
    }

    /// <summary>Of <c>~/…</c> and <c>$VARIABLE</c> in variables' values nothing is made: they stand for files as they are.</summary>
    private string Absolute(string path) => path.Length == 0 ? path : around.Paths.Absolute(path);
}
