namespace Manifold.Tests.Support;

/// <summary>Here-documents, and the file that BuildKit writes for each.</summary>
public static class Heredocs
{
    internal static readonly Dictionary<string, string> Variables = new()
    {
        ["name"] = "world",
        ["empty"] = "",
        ["space"] = "a  b",
        ["quote"] = "it's \"q\"",
        ["path"] = "/tmp/a.tar.gz",
        ["dollar"] = "$name",
        ["back"] = "a\\b",
        ["é"] = "accent",
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
}
