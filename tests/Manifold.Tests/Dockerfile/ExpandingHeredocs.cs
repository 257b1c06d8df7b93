using System.Text;
using System.Text.RegularExpressions;
using Manifold.Dockerfile;

namespace Manifold.Tests.Dockerfile;

/// <summary>Here-documents of COPY and ADD: variables and backslashes count, quotes are characters.</summary>
/// <remarks>Each right value is the file that BuildKit wrote.</remarks>
public sealed class ExpandingHeredocs
{
    private static readonly Dictionary<string, string> Variables = new()
    {
        ["name"] = "world", ["empty"] = "", ["space"] = "a  b", ["quote"] = "it's \"q\"",
        ["path"] = "/tmp/a.tar.gz", ["dollar"] = "$name", ["back"] = "a\\b", ["é"] = "accent",
    };

    public static TheoryData<string, string> Written { get; } = new()
    {
        { "{\"key\": \"value\"}\n", "{\"key\": \"value\"}\n" },
        { "it's fine\n", "it's fine\n" },
        { "'${name}'\n", "'world'\n" },
        { "\"${name}\" '$name'\n", "\"world\" 'world'\n" },
        { "say \"hi\n", "say \"hi\n" },
        { "$uri $request_uri ${name}\n", "  world\n" },
        { "proxy_set_header Host $host;\n", "proxy_set_header Host ;\n" },
        { "\\$uri \\${name} \\\\ \\n \\t \\x\n", "$uri ${name} \\ n t x\n" },
        { "\\\\$name \\\\\\$name \\\\\\\\$name\n", "\\world \\$name \\\\world\n" },
        { "`$name` `date` $(date) $((1+1))\n", "`world` `date` $(date) $((1+1))\n" },
        { "${unset:-default}\n", "default\n" },
        { "${unset:-\"default\"}\n", "\"default\"\n" },
        { "${unset:-'it is'}\n", "'it is'\n" },
        { "${unset:-it's}\n", "it's\n" },
        { "${unset:-a\"b}\n", "a\"b\n" },
        { "${unset:-${name}}\n", "world\n" },
        { "${unset:-\"${name}\"}\n", "\"world\"\n" },
        { "${unset:-\\}}\n", "}\n" },
        { "${unset:-\\$name}\n", "$name\n" },
        { "${unset:-a\\b}\n", "ab\n" },
        { "${unset-x} ${empty-x} ${empty:-x} ${empty:+x} ${name:+\"y\"} ${name+'y'}\n", "x  x  \"y\" 'y'\n" },
        { "$$ $$name ${name}$ $\n", " name world$ $\n" },
        { "$1 $12 $@ $* $# $? $- $! $0 $a-b\n", "         -b\n" },
        { "$name_x ${name}_x $name.x $nameé $é ${é}\n", " world_x world.x  accent accent\n" },
        { "$ name $.x $, $\" $' $)\n", "$ name $.x $, $\" $' $)\n" },
        { "printf '%s\\n' \"$name\" \\\n", "printf '%sn' \"world\" \n" },
        { "  next\n", "  next\n" },
        { "print(\"it's %s\" % '$name')\n", "print(\"it's %s\" % 'world')\n" },
        { "key: \"a: b\" # 'c\n", "key: \"a: b\" # 'c\n" },
        { "- 'it''s'\n", "- 'it''s'\n" },
        { "C:\\dir\\file c:\\\\dir\n", "C:dirfile c:\\dir\n" },
        {
            "${path##*/} ${path%.*} ${path#*/} ${path%%.*} ${path#\"/tmp\"} ${path#'/'}\n",
            "a.tar.gz /tmp/a.tar tmp/a.tar.gz /tmp/a /tmp/a.tar.gz /tmp/a.tar.gz\n"
        },
        {
            "${path/tmp/x} ${path//a/'A'} ${path//a/\"A\"} ${path/\\/tmp/x}\n",
            "/x/a.tar.gz /tmp/'A'.t'A'r.gz /tmp/\"A\".t\"A\"r.gz x/a.tar.gz\n"
        },
        { "<a href=\"x\">$name</a> <<x <<< x << x <<'q' <<-\"r\"\n", "<a href=\"x\">world</a> <<x <<< x << x <<'q' <<-\"r\"\n" },
        { "한국어 \"${name}\" é \"ü\n", "한국어 \"world\" é \"ü\n" },
        { "\ttab\t\"$name\"\n", "\ttab\t\"world\"\n" },
        { "  trailing  \n", "  trailing  \n" },
        { "\"\n", "\"\n" },
        { "'\n", "'\n" },
        { "''\n", "''\n" },
        { "\"\"\n", "\"\"\n" },
        { "\\\"\n", "\"\n" },
        { "\\'\n", "'\n" },
        { "\"\\$name\" '\\$name' \"\\\\\" '\\\\'\n", "\"$name\" '$name' \"\\\" '\\'\n" },
        { "$quote ${quote} \"$space\" $dollar $back\n", "it's \"q\" it's \"q\" \"a  b\" $name a\\b\n" },
        { "%{name} #{name} {{name}} ${name}\n", "%{name} #{name} {{name}} world\n" },
        { "#!/bin/sh\n", "#!/bin/sh\n" },
        { "set -e; x=\"$1\"; echo 'a' > \"b\"\n", "set -e; x=\"\"; echo 'a' > \"b\"\n" },
        { "awk '{print $1}' \"$2\"\n", "awk '{print }' \"\"\n" },
        { "${name:-\"a\"b'c'}\n", "world\n" },
        { "${unset:-{\"a\": \"b\"}}\n", "{\"a\": \"b\"}\n" },
        { "${unset:-\"}\"}\n", "\"\"}\n" },
        { "\\\\\n", "\\\n" },
        { "a\\\n", "a\n" },
        { "\\$\n", "$\n" },
        { "\\${\n", "${\n" },
        { "\\${name\n", "${name\n" },
        { "x$\n", "x$\n" },
        { "", "" },
        { "\n", "\n" },
        { "a\r\nb \"$name\"\r\n", "a\r\nb \"world\"\r\n" },
        { "line \\\n  continues\n", "line \n  continues\n" },
        { "{\n  \"a\": \"it's\",\n  'b': \"$name\"\n}\n", "{\n  \"a\": \"it's\",\n  'b': \"world\"\n}\n" },
        {
            "server {\n  location / { try_files $uri $uri/ \"/index.html\"; }\n}\n",
            "server {\n  location / { try_files  / \"/index.html\"; }\n}\n"
        },
        {
            "#!/bin/sh\nset -eu\nfor f in \"$@\"; do\n  echo \"it's $f\" 'and ${f}'\ndone\n",
            "#!/bin/sh\nset -eu\nfor f in \"\"; do\n  echo \"it's \" 'and '\ndone\n"
        },
        { "'''doc \"string\"'''\nx = 'a' \"b\" f\"{name}\"\n", "'''doc \"string\"'''\nx = 'a' \"b\" f\"{name}\"\n" },
        { "a: 'b\nc: \"d\n", "a: 'b\nc: \"d\n" },
        { "${unset:-two\nlines}\n", "two\nlines\n" },
        { "last \\\n", "last \n" },
        { "# comment 'x\n$name\n\n\n", "# comment 'x\nworld\n\n\n" },
        { "\uFEFFbom \"$name\"\n", "bom \"world\"\n" },
    };

    public static TheoryData<string> Refused { get; } =
    [
        "${\n", "${name\n", "${}\n", "${:x}\n", "${name:x}\n", "${name!x}\n", "${unset:?must be set}\n", "${unset?}\n",
        "${empty:?}\n", "\"${\"\n", "'${name'\n", "${unset:-${\n", "${name/a}\n", "${{name}}\n", "${name[0]}\n", "${name^^}\n",
        "${#name}\n", "${ name }\n", "${!name}\n",
    ];

    [Theory]
    [MemberData(nameof(Written))]
    public void the_file_is_what_BuildKit_writes(string text, string expected)
    {
        var expanded = Expansion.ExpandText(text, Variables.GetValueOrDefault);

        Assert.Null(expanded.Error);
        Assert.Equal(expected, expanded.Text);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void what_BuildKit_refuses_is_refused(string text) =>
        Assert.NotNull(Expansion.ExpandText(text, Variables.GetValueOrDefault).Error);

    [Fact]
    public void a_text_is_bounded_as_a_Dockerfile_is_and_not_as_a_word()
    {
        var mebibyte = new string('x', 1024 * 1024);

        Assert.Null(Expansion.ExpandText(mebibyte + "\n" + mebibyte, _ => null).Error);
        Assert.Contains("longer", Expansion.ExpandText("$x$x$x$x$x", _ => mebibyte).Error, StringComparison.Ordinal);
    }

    /// <summary>The table itself, judged by the BuildKit at hand.</summary>
    [Fact]
    public async Task BuildKit_writes_these_files()
    {
        await ComparedWithBuildKit.NeedBuildKit();
        using var folder = new TemporaryFolder();
        var environment = Variables.Select(each => $"ENV {each.Key}=\"{Regex.Replace(each.Value, @"[\\""$]", @"\$0")}\"\n");
        var rows = Written.Select((row, i) => (Name: $"file{i}", Text: row.Data.Item1, Expected: row.Data.Item2)).ToList();
        var copies = rows.Select(row => $"COPY <<END-{row.Name} /{row.Name}\n{row.Text}END-{row.Name}\n");
        folder.Write("context/Dockerfile", string.Concat(["FROM scratch\n", .. environment, .. copies]));

        await Tool.Run("docker", "buildx", "build", "--output", "type=local,dest=" + folder["out"], folder["context"]);

        Assert.All(rows, row => Assert.Equal(row.Expected, Encoding.UTF8.GetString(File.ReadAllBytes(folder["out/" + row.Name]))));
    }
}
