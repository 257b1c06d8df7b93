#!/usr/bin/env bash
# Prints the licenses of everything that is linked into the program. They are the same for both architectures.
#   usage: packaging/notices.sh
# Reads them where the libraries came from: .NET and the packages of src/Manifold.Cli/packages.lock.json in NuGet's folder, and Debian's
# libraries in artifacts/sysroot/. ./build.sh downloads all of them.
set -euo pipefail
[[ $# == 0 ]] || { sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 2; }
cd "$(dirname "$0")/.."
. packaging/common.sh
nuget=${NUGET_PACKAGES:-$HOME/.nuget/packages}
of_dotnet=(Microsoft.NETCore.App.Runtime.NativeAOT Microsoft.AspNetCore.App.Runtime)
# The Debian packages that are linked statically, as downloaded by build.sh.
IFS=, read -ra libraries < <(cat artifacts/sysroot/*/made-of 2>/dev/null) || fail "artifacts/sysroot is empty. Run ./build.sh first"
# The licenses that NuGet packages only name.
declare -A licence_titles=([MIT]='The MIT License' [BSD-2-Clause]='The 2-Clause BSD License')
line=$(printf '=%.0s' {1..100})

title() { printf '%s\n%s\n%s\n\n' "$line" "$*" "$line"; }

linked_version() { # prints the version of .NET that the native program is linked with, which is that of the locked compiler
  python3 - src/Manifold.Cli/packages.native.lock.json <<'P'
import json, sys
frameworks = json.load(open(sys.argv[1]))["dependencies"].values()
versions = {packages["Microsoft.DotNet.ILCompiler"]["resolved"] for packages in frameworks if "Microsoft.DotNet.ILCompiler" in packages}
sys.exit(f"notices.sh: {sys.argv[1]} names {len(versions)} versions of the native compiler") if len(versions) != 1 else print(*versions)
P
}

of_debian() { # package: sets source and version from the first line of its changelog, and the file of its license
  local changelog
  licence=$(find -L artifacts/sysroot/*/usr/share/doc/"$1"/copyright 2>/dev/null | head -n 1 || true)
  changelog=$(find -L artifacts/sysroot/*/usr/share/doc/"$1"/changelog.Debian.gz 2>/dev/null | head -n 1 || true)
  [[ -n $licence && -n $changelog ]] || fail "the license of $1 is not in artifacts/sysroot. Run ./build.sh first"
  read -r source version _ < <(gzip -dc "$changelog" 2>/dev/null)
  version=${version//[()]/}
}

licence_files() { # folder; returns 1 if it has none
  local file found=()
  mapfile -t found < <(find "$1" -maxdepth 1 -type f \( -iname 'license*' -o -iname 'third-party-notices*' \) | LC_ALL=C sort)
  (( ${#found[@]} )) || return 1
  for file in "${found[@]}"; do sed '1s/^\xef\xbb\xbf//; s/\r$//' "$file"; echo; done
}

of_nuget() { # id version: prints its license file, or the license in its description
  local folder=$nuget/${1,,}/$2
  [[ -d $folder ]] || fail "$1 $2 is not in $nuget. Run ./build.sh first"
  title "$1 $2"
  ! licence_files "$folder" || return 0
  licence=$(sed -nE 's|.*type="expression">(.*)</license>.*|\1|p' "$folder"/*.nuspec)
  [[ -n ${licence_titles[$licence]:-} ]] || fail "the text of the license of $1 is not in packaging/licences/"
  sed -nE 's|.*<copyright>(.*)</copyright>.*|\1|p' "$folder"/*.nuspec
  printf 'License: %s. For its text, see "%s" below.\n\n' "$licence" "${licence_titles[$licence]}"
}

of_debian libcrypt-dev
cat <<END
The program contains Manifold itself, which is licensed under the Apache License 2.0,
and the software below, each part under its own license.

libcrypt (libxcrypt $version) is licensed under the GNU Lesser General Public License, version 2.1 or later. Its source is at
https://snapshot.debian.org/package/$source/${version/:/%3A}/
Manifold's source is available under the Apache License 2.0. To link a modified libcrypt, run ./build.sh in Manifold's source once, put
your libcrypt.a into artifacts/sysroot/ARCH/usr/lib/*-linux-gnu/, where ARCH is amd64 or arm64, and run ./build.sh --arch ARCH.

END
for id in "${of_dotnet[@]}"; do
  linked=$(linked_version "$id")
  folder=$nuget/${id,,}.linux-x64/$linked
  [[ -d $folder ]] || folder=$nuget/${id,,}.linux-arm64/$linked
  [[ -d $folder ]] || fail "$id $linked is not in $nuget. Run ./build.sh first"
  title "$id $linked"
  licence_files "$folder"
done
python3 - src/Manifold.Cli/packages.lock.json <<'P' | while read -r id version; do of_nuget "$id" "$version"; done
import json, sys
tools = ("Microsoft.CodeAnalysis.BannedApiAnalyzers", "Microsoft.DotNet.ILCompiler", "Microsoft.NET.ILLink.Tasks")
packages = json.load(open(sys.argv[1]))["dependencies"]["net10.0"]
for id, package in sorted(packages.items()):
    if package["type"] != "Project" and id not in tools:
        print(id, package["resolved"])
P
for licence in MIT BSD-2-Clause; do
  title "${licence_titles[$licence]}"
  cat packaging/licences/$licence
  echo
done
for package in "${libraries[@]}"; do
  of_debian "$package"
  title "$package $version (Debian's source package $source), in Debian's words"
  cat "$licence"
  echo
done
title 'The GNU Lesser General Public License, version 2.1'
cat packaging/licences/LGPL-2.1
