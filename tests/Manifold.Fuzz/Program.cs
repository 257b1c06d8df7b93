using System.Collections.Immutable;
using System.Globalization;
using Manifold.Fuzz;

// usage: manifold-fuzz [--target T] FILE | -                         reads one file, or standard input:
//                                                                    for any fuzzer that hands files to a program
//        manifold-fuzz [--target T] --seconds N [--seed S] FOLDER…   damages the files below the folders for N seconds;
//                                                                    documents and addresses have their own
// T is dockerfiles (the default), documents (of images) or addresses.
// exit code 0: read as it should be; 1: not, and the file is kept as 'culprit.Dockerfile', 'culprit.documents' or 'culprit.addresses'.

var words = new Queue<string>(args);
var (seconds, seed, paths, target) = (0, Environment.TickCount, new List<string>(), FuzzTarget.Dockerfiles);
while (words.TryDequeue(out var word))
{
    if (word is "--seconds" && words.TryDequeue(out var count))
        seconds = int.Parse(count, CultureInfo.InvariantCulture);
    else if (word is "--seed" && words.TryDequeue(out var number))
        seed = int.Parse(number, CultureInfo.InvariantCulture);
    else if (word is "--target" && words.TryDequeue(out var name))
        target = FuzzTarget.Named(name);
    else
        paths.Add(word);
}
if (seconds == 0)
{
    using var input = paths is [] or ["-"] ? Console.OpenStandardInput() : File.OpenRead(paths[0]);
    using var content = new MemoryStream();
    input.CopyTo(content);
    var (failure, took) = Fuzzing.Read(content.ToArray(), target);
    Console.WriteLine(failure ?? string.Create(CultureInfo.InvariantCulture, $"read in {took.TotalMilliseconds:F0} ms"));
    return failure is null ? 0 : 1;
}
ImmutableArray<byte[]> corpus =
[
    .. target.Corpus,
    .. paths.SelectMany(folder => Directory.EnumerateFiles(folder, target.Files, SearchOption.AllDirectories))
        .Order(StringComparer.Ordinal).Select(File.ReadAllBytes)
];
if (corpus.IsEmpty)
{
    Console.Error.WriteLine("There are no such files below the folders.");
    return 2;
}
var outcome = Fuzzing.Run(corpus, seed, TimeSpan.FromSeconds(seconds), target);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"seed {seed}: {outcome.Files} files from {corpus.Length}, the slowest took {outcome.Longest.TotalMilliseconds:F0} ms"));
if (outcome.Failure is null)
    return 0;
File.WriteAllBytes(target.Culprit, outcome.Culprit!);
Console.WriteLine($"{outcome.Failure}\nkept as {target.Culprit}");
return 1;
