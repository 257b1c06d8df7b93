#!/usr/bin/env bash
# Packs the programs for 'dotnet tool': manifold.tool.VERSION.nupkg refers to a package for each architecture, which has the program.
#   usage: packaging/tool.sh WORK FOLDER      WORK has a tree for each architecture
# The format is that of 'dotnet pack' of .NET 10 for a native tool (PackAsTool, PublishAot, ToolPackageRuntimeIdentifiers). dotnet pack
# itself would compile each program again, but the package must contain the same program as the tarball.
set -euo pipefail
[[ $# == 2 ]] || { sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 2; }
. "$(dirname "$0")/common.sh"
VERSION=$(version) exec python3 - "$@" <<'P'
import os, sys, time, zipfile
work, folder = sys.argv[1:]
version, epoch = os.environ["VERSION"], max(int(os.environ["SOURCE_DATE_EPOCH"]), 315532800)  # a zip cannot have times before 1980
names = {"amd64": "linux-x64", "arm64": "linux-arm64"}
built = {arch: rid for arch, rid in names.items() if os.path.exists(f"{work}/{arch}/bin/manifold")}
OPC = "http://schemas.openxmlformats.org/package/2006/"
DECLARATION = '<?xml version="1.0" encoding="utf-8"?>\n'


def nuspec(name, kind, what):
    return DECLARATION + f"""<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
    <id>{name}</id>
    <version>{version}</version>
    <authors>The Manifold authors</authors>
    <description>{what}</description>
    <license type="expression">Apache-2.0</license>
    <licenseUrl>https://licenses.nuget.org/Apache-2.0</licenseUrl>
    <readme>README.md</readme>
    <tags>container image multi-arch oci dockerfile build</tags>
    <packageTypes>
      <packageType name="{kind}" />
    </packageTypes>
  </metadata>
</package>
"""


def settings(command, more=""):
    return DECLARATION + f"""<DotNetCliTool Version="2">
  <Commands>
    {command}
  </Commands>
{more}</DotNetCliTool>
"""


def opc(name, files):  # the two parts that every such package has; a file without an extension needs its own entry
    of = lambda path: os.path.splitext(path)[1][1:]
    kinds = [f'Default Extension="{each}"' for each in sorted({of(path) for path in files} - {""})]
    kinds += [f'Override PartName="/{path}"' for path in sorted(files) if not of(path)]
    types = "".join(f'  <{each} ContentType="application/octet" />\n' for each in kinds)
    return {
        "[Content_Types].xml": f"""{DECLARATION}<Types xmlns="{OPC}content-types">
  <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml" />
{types}</Types>
""",
        "_rels/.rels": f"""{DECLARATION}<Relationships xmlns="{OPC}relationships">
  <Relationship Type="http://schemas.microsoft.com/packaging/2010/07/manifest" Target="/{name}.nuspec" Id="R1" />
</Relationships>
""",
    }


def write(name, kind, what, files):
    files = {f"{name}.nuspec": nuspec(name, kind, what), "README.md": open("README.md", "rb").read(), **files}
    parts = opc(name, files)
    with zipfile.ZipFile(f"{folder}/{name}.{version}.nupkg", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for path, content in {**parts, **files}.items():
            entry = zipfile.ZipInfo(path, time.gmtime(epoch)[:6])
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, 3
            entry.external_attr = (0o100755 if path.endswith("/manifold") else 0o100644) << 16
            package.writestr(entry, content)


summary = "Builds container images for many architectures from one Dockerfile and publishes them as one, without a daemon."
pointers = "".join(f'    <RuntimeIdentifierPackage RuntimeIdentifier="{rid}" Id="manifold.tool.{rid}" />\n' for rid in built.values())
write("manifold.tool", "DotnetTool", summary, {
    "tools/any/any/DotnetToolSettings.xml": settings('<Command Name="manifold" />',
        f"  <RuntimeIdentifierPackages>\n{pointers}  </RuntimeIdentifierPackages>\n"),
})
for arch, rid in built.items():
    doc = f"{work}/{arch}/share/doc/manifold"
    what = f"{summary} This package contains the program for {rid}. Install the package 'manifold.tool' instead."
    write(f"manifold.tool.{rid}", "DotnetToolRidPackage", what, {
        f"tools/any/{rid}/DotnetToolSettings.xml": settings('<Command Name="manifold" EntryPoint="manifold" Runner="executable" />'),
        f"tools/any/{rid}/manifold": open(f"{work}/{arch}/bin/manifold", "rb").read(),
        "LICENSE.txt": open(f"{doc}/LICENSE", "rb").read(),
        "THIRD-PARTY-NOTICES.txt": open(f"{doc}/THIRD-PARTY-NOTICES", "rb").read(),
    })
P
