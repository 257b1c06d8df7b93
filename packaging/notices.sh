#!/usr/bin/env bash
# Prints the licences of everything that is linked into the program for ARCHITECTURE, from what it was linked with.
#   usage: packaging/notices.sh ARCHITECTURE
# NuGet packages: those of src/Manifold.Cli/packages.lock.json, and .NET's own for this architecture, in the folder of NuGet. Libraries of Debian:
# artifacts/sysroot/ARCHITECTURE, which build.sh fetches.
set -euo pipefail
[[ $# == 1 && $1 != -* ]] || { sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 2; }
cd "$(dirname "$0")/.."
. packaging/common.sh
declare -A rids=([amd64]=linux-x64 [arm64]=linux-arm64)
rid=${rids[$1]}
nuget=${NUGET_PACKAGES:-$HOME/.nuget/packages}
sysroot=artifacts/sysroot/$1
# Linked statically, from these packages of Debian (see build.sh).
libraries=(libzstd-dev libsqlite3-dev libsodium-dev libcrypt-dev libssl-dev)
line=$(printf '=%.0s' {1..100})

title() { printf '%s\n%s\n%s\n\n' "$line" "$*" "$line"; }

of_nuget() { # id version [file…]: its licence, or what its description says
  local folder file found=''
  folder=$nuget/${1,,}/$2
  [[ -d $folder ]] || fail "$1 $2 is not in $nuget. Run ./build.sh first"
  title "$1 $2"
  for file in "$folder"/{LICENSE,License,license}{,.txt,.TXT,.md} "$folder"/{THIRD-PARTY-NOTICES,ThirdPartyNotices}.{TXT,txt}; do
    [[ -f $file && $file != "$found" ]] || continue
    tr -d '\r\357\273\277' <"$file"
    echo
    found=$file
  done
  [[ -n $found ]] || { # the package names a licence of SPDX's list
    sed -nE 's|.*<copyright>(.*)</copyright>.*|\1|p
      s|.*<license type="expression">(.*)</license>.*|Licence: \1 (its text is below, at "The MIT License")|p' \
      "$folder"/*.nuspec
    grep -q 'type="expression">MIT<' "$folder"/*.nuspec || fail "$1 has a licence whose text is not in packaging/notices.sh"
    echo
  }
}

cat <<END
The program contains Manifold itself, which is licensed under the Apache License 2.0, and the software below, each part of it under its own licence.

libcrypt (libxcrypt) is licensed under the GNU Lesser General Public License, version 2.1 or later. Manifold's source and build.sh, which links
the program, are available under the Apache License 2.0, so that you can link it with a changed libxcrypt.

END
of_dotnet=(Microsoft.NETCore.App.Runtime.NativeAOT.$rid Microsoft.AspNetCore.App.Runtime.$rid)
for id in "${of_dotnet[@]}"; do
  of_nuget "$id" "$(ls "$nuget/${id,,}" | sort --version-sort | tail -n 1)"
done
python3 - src/Manifold.Cli/packages.lock.json <<'P' | while read -r id version; do of_nuget "$id" "$version"; done
import json, sys
tools = ("Microsoft.CodeAnalysis.BannedApiAnalyzers", "Microsoft.DotNet.ILCompiler", "Microsoft.NET.ILLink.Tasks")
packages = json.load(open(sys.argv[1]))["dependencies"]["net10.0"]
for id, package in sorted(packages.items()):
    if package["type"] != "Project" and id not in tools:
        print(id, package["resolved"])
P
title 'The MIT License'
cat packaging/licences/MIT
for package in "${libraries[@]}"; do
  file=$sysroot/usr/share/doc/$package/copyright
  [[ -e $file ]] || fail "$file is missing. Run ./build.sh --arch $1 first"
  title "$package, in Debian's words"
  cat "$file"
  echo
done
title 'The GNU Lesser General Public License, version 2.1'
cat packaging/licences/LGPL-2.1
