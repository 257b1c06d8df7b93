using System.Globalization;

namespace Manifold.Dockerfile;

/// <summary>Reads <c>type=cache,target=/x,…</c>: fields as CSV has them, each a key with or without a value.</summary>
internal sealed class MountReader(string text, Func<string, ExpansionResult>? expand)
{
    private static readonly string[] Keys =
        ["type", "id", "from", "source", "src", "target", "dst", "destination", "ro", "readonly", "rw", "readwrite",
            "required", "env", "sharing", "share-arch", "mode", "uid", "gid", "size"];

    private readonly Dictionary<string, (string Key, string Value, string Field)> values = new(StringComparer.Ordinal);

    public MountError? Error { get; private set; }

    public RunMount Read()
    {
        var fields = Csv.Split(text);
        if (fields is null)
        {
            Fail($"'{text}': a quote is missing or is inside a value");
            return Unread();
        }
        foreach (var field in fields.TakeWhile(_ => Error is null))
            ReadField(field);
        var pending = expand is null && fields.Any(field => field.Contains('$', StringComparison.Ordinal));
        return pending || Error is not null ? Unread() : Build();
    }

    private RunMount Unread() => new() { Text = text, NeedsExpansion = true, From = Text("from") };

    private void ReadField(string field)
    {
        var equals = field.IndexOf('=', StringComparison.Ordinal);
        var key = (equals < 0 ? field : field[..equals]).ToLowerInvariant();
        var value = equals < 0 ? "true" : field[(equals + 1)..];
        var name = Canonical(key);
        if (name is null)
            Fail($"'{key}' is not a key of --mount", Suggestion.For(key, Keys) ?? "Known keys: " + string.Join(", ", Keys), field);
        else if (equals < 0 && name is not ("ro" or "rw" or "required" or "share-arch"))
            Fail($"'{field}' needs a value: {key}=…", at: field);
        else if (name == "from" && HasVariable(value))
            Fail("'from' cannot use variables", $"Add a stage, FROM {value} AS name, and write from=name.", field);
        else
            values[name] = (key, name == "from" ? value : Expanded(value), field);
    }

    private string Expanded(string value)
    {
        if (expand is null)
            return value;
        var result = expand(value);
        if (result.Error is not null)
            Fail($"'{value}': {result.Error}", at: value);
        return result.Text;
    }

    internal static bool HasVariable(string value) =>
        value.IndexOf('$', StringComparison.Ordinal) is var at and >= 0 && at + 1 < value.Length;

    private static string? Canonical(string key) => key switch
    {
        "src" => "source",
        "dst" or "destination" => "target",
        "readonly" => "ro",
        "readwrite" => "rw",
        _ => Keys.Contains(key) ? key : null,
    };

    private RunMount Build()
    {
        var type = Choice("type", MountType.Bind);
        Allow(type);
        var readOnly = values.ContainsKey("rw") ? !Flag("rw")
            : values.ContainsKey("ro") ? Flag("ro") : type is MountType.Bind or MountType.Secret or MountType.Ssh;
        return new RunMount
        {
            Text = text,
            NeedsExpansion = false,
            Type = type,
            ReadOnly = readOnly,
            Id = Text("id"),
            From = Text("from"),
            Source = Text("source"),
            Target = Text("target"),
            Env = Text("env"),
            Required = Flag("required"),
            ShareArchitectures = Flag("share-arch"),
            Sharing = Choice("sharing", CacheSharing.Shared),
            Mode = Number("mode", 8),
            Uid = Number("uid", 10),
            Gid = Number("gid", 10),
            Size = Bytes("size"),
        };
    }

    /// <summary>Refuses what BuildKit refuses; other keys that mean nothing for the type are left without effect, as there.</summary>
    private void Allow(MountType type)
    {
        foreach (var (canonical, (key, _, field)) in values)
        {
            MountType[] allowed = canonical switch
            {
                "mode" or "uid" or "gid" => [MountType.Secret, MountType.Ssh, MountType.Cache],
                "required" => [MountType.Secret, MountType.Ssh],
                "size" => [MountType.Tmpfs],
                "sharing" or "share-arch" => [MountType.Cache],
                "env" => [MountType.Secret],
                "from" => [MountType.Bind, MountType.Cache, MountType.Tmpfs, MountType.Ssh],
                _ => Enum.GetValues<MountType>(),
            };
            if (!allowed.Contains(type))
                Fail($"'{key}' does not apply to a mount of type {NameOf(type)}",
                    $"It applies to: {string.Join(", ", allowed.Select(NameOf))}.", field);
        }
        if (type == MountType.Secret && !values.ContainsKey("id") && !values.ContainsKey("source") && !values.ContainsKey("target"))
            Fail("a secret mount needs an id", "Write --mount=type=secret,id=NAME and build with --secret id=NAME,src=FILE.");
        if (type == MountType.Secret && values.ContainsKey("id") && values.TryGetValue("source", out var source))
            Fail("a secret mount takes an id or a source, not both", at: source.Field);
    }

    private string? Text(string key) => values.TryGetValue(key, out var found) ? found.Value : null;

    private bool Flag(string key)
    {
        if (!values.TryGetValue(key, out var found))
            return false;
        switch (found.Value)
        {
            case "1" or "t" or "T" or "true" or "TRUE" or "True":
                return true;
            case "0" or "f" or "F" or "false" or "FALSE" or "False":
                return false;
            default:
                Fail($"{found.Key}={found.Value}: expected true or false", at: found.Field);
                return false;
        }
    }

    private T Choice<T>(string key, T otherwise) where T : struct, Enum
    {
        if (!values.TryGetValue(key, out var found))
            return otherwise;
        var names = Enum.GetNames<T>().Select(each => each.ToLowerInvariant()).ToArray();
        if (Array.IndexOf(names, found.Value.ToLowerInvariant()) is var index and >= 0)
            return Enum.GetValues<T>()[index];
        Fail($"{found.Key}={found.Value}: expected {string.Join(", ", names)}", Suggestion.For(found.Value, names), found.Field);
        return otherwise;
    }

    private int? Number(string key, int @base)
    {
        if (!values.TryGetValue(key, out var found))
            return null;
        long number = 0;
        foreach (var c in found.Value)
        {
            number = char.IsAsciiDigit(c) && c - '0' < @base && number >= 0 ? number * @base + (c - '0') : -1;
            if (number is < 0 or > int.MaxValue)
                break;
        }
        if (found.Value.Length > 0 && number is >= 0 and <= int.MaxValue)
            return (int)number;
        Fail($"{found.Key}={found.Value}: expected {(@base == 8 ? "an octal number, e.g. 0750" : "a number")}", at: found.Field);
        return null;
    }

    /// <summary>A number and one of k m g t p, in powers of 1024, as Docker has it: 512m, 1.5GiB.</summary>
    private long? Bytes(string key)
    {
        if (!values.TryGetValue(key, out var found))
            return null;
        var digits = found.Value.AsSpan().TrimEnd("bBiI");
        var power = digits.IsEmpty ? -1 : "kmgtp".IndexOf(char.ToLowerInvariant(digits[^1]), StringComparison.Ordinal);
        if (power >= 0)
            digits = digits[..^1];
        if (double.TryParse(digits.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            && number * Math.Pow(1024, power + 1) is var bytes and < long.MaxValue)
            return (long)bytes;
        Fail($"{found.Key}={found.Value}: expected a size, e.g. 512m or 2g", at: found.Field);
        return null;
    }

    private static string NameOf(MountType type) => type.ToString().ToLowerInvariant();

    private void Fail(string message, string? hint = null, string? at = null) => Error ??= new MountError(message, hint, at);
}
