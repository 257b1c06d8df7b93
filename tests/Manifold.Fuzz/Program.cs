using System.Collections.Immutable;
using System.Globalization;
using Manifold.Fuzz;

// usage: manifold-fuzz FILE | -                           reads one file, or standard input: for any fuzzer that hands files to a program
//        manifold-fuzz --seconds N [--seed S] FOLDER…     damages the Dockerfiles below the folders for N seconds
// exit code 0: read as it should be; 1: not, and the file is kept as 'culprit.Dockerfile'.

var words = new Queue<string>(args);
var (seconds, seed, paths) = (0, Environment.TickCount, new List<string>());
while (words.TryDequeue(out var word))
{
    if (word is "--seconds" && words.TryDequeue(out var count))
        seconds = int.Parse(count, CultureInfo.InvariantCulture);
    else if (word is "--seed" && words.TryDequeue(out var number))
        seed = int.Parse(number, CultureInfo.InvariantCulture);
    else
        paths.Add(word);
}
if (seconds == 0)
{
    using var input = paths is [] or ["-"] ? Console.OpenStandardInput() : File.OpenRead(paths[0]);
    using var content = new MemoryStream();
    input.CopyTo(content);
    var (failure, took) = Fuzzing.Read(content.ToArray());
    Console.WriteLine(failure ?? string.Create(CultureInfo.InvariantCulture, $"read in {took.TotalMilliseconds:F0} ms"));
    return failure is null ? 0 : 1;
}
ImmutableArray<byte[]> corpus = [.. paths.SelectMany(folder => Directory.EnumerateFiles(folder, "*Dockerfile*", SearchOption.AllDirectories)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
if (corpus.IsEmpty)
{
    Console.Error.WriteLine("There are no Dockerfiles below the folders.");
    return 2;
}
var outcome = Fuzzing.Run(corpus, seed, TimeSpan.FromSeconds(seconds));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {outcome.Files} files from {corpus.Length}, the slowest took {outcome.Longest.TotalMilliseconds:F0} ms"));
if (outcome.Failure is null)
    return 0;
File.WriteAllBytes("culprit.Dockerfile", outcome.Culprit!);
Console.WriteLine($"{outcome.Failure}\nkept as culprit.Dockerfile");
return 1;
