using System.CommandLine;
using System.Text;
using Manifold.Content;
using Manifold.Projects.Drafting;
using Manifold.Projects.Reading;
using Manifold.Text;

namespace Manifold.Cli;

/// <summary><c>manifold init</c>: a first manifold.yaml from what a folder has.</summary>
internal static class InitCommand
{
    public static Command Create(CliContext context)
    {
        var folder = new Argument<string>("FOLDER")
        {
            Description = "The folder of the project. Default: the working folder.",
            DefaultValueFactory = _ => ".",
        };
        var print = new Option<bool>("--print") { Description = "Print the file to standard output instead of writing it." };
        var force = new Option<bool>("--force") { Description = "Replace an existing manifold.yaml." };
        var command = new Command("init", "Create a manifold.yaml for the project in a folder. "
            + "It describes the images of the folder's Dockerfiles, bake file, compose file or components.")
        {
            folder, print, force,
        };
        command.SetAction(parsed =>
        {
            var given = parsed.GetRequiredValue(folder);
            var root = Existing(given);
            var existing = ProjectReader.OwnNames.FirstOrDefault(name => Path.Exists(Path.Combine(root, name)));
            if (existing is not null && !parsed.GetValue(print) && !parsed.GetValue(force))
                throw AlreadyThere(Shown(given, existing));
            if (ProjectDrafter.Make(root) is not { } draft)
                throw NothingIn(given);
            foreach (var note in draft.Notes)
                context.Warn(note);
            if (parsed.GetValue(print))
            {
                context.Out.Write(draft.Text);
                return;
            }
            var name = existing ?? ProjectReader.OwnNames[0]; // not a second file beside a manifold.yml
            var (path, text) = (Path.Combine(root, name), Encoding.UTF8.GetBytes(draft.Text));
            if (parsed.GetValue(force))
                Store.ReplaceFile(path, text);
            else
                Store.CreateFile(path, text);
            var written = Shown(given, name);
            context.Out.WriteLine(
                $"Wrote {written} with {Amounts.Count(draft.Images.Length, "image")}: {string.Join(", ", draft.Images)}.");
            var file = given is "." ? "" : $" -f {ShellWord.Quote(written)}";
            context.Out.WriteLine($"Review it. To see what it would build, run: manifold bake --plan{file}");
        });
        return command;
    }

    private static string Existing(string folder)
    {
        if (folder.Length == 0)
            throw new UsageException("FOLDER is empty. Name the project's folder.");
        var root = Path.GetFullPath(folder);
        if (!Directory.Exists(root))
            throw new UsageException(File.Exists(root)
                ? $"'{folder}' is a file, not a folder. Name the folder that it is in."
                : $"There is no folder '{folder}'.");
        return root;
    }

    private static UsageException AlreadyThere(string existing) => new($"'{existing}' already exists. "
        + "Replace it with --force, or show what would be written with --print.");

    private static string Shown(string folder, string name) => folder is "." ? name : Path.Combine(folder, name);

    private static UsageException NothingIn(string folder) => new($"""
        '{folder}' has no files to create a manifold.yaml from. Looked for:
          Dockerfile, Containerfile, Dockerfile.NAME and NAME.Dockerfile, here and in folders up to {ProjectDrafter.Depth} levels down
          docker-bake.hcl, docker-bake.json, compose.yaml, docker-compose.yaml
          components/NAME/Dockerfile and components/NAME/ImageSource
        Write a Dockerfile and run the command again, or write a manifold.yaml such as:

        {string.Join('\n', ProjectDrafter.Example.Split('\n').Select(line => "  " + line))}
        """);
}
