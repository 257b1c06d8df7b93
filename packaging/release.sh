#!/usr/bin/env bash
# Makes the files of a release in artifacts/release/: a tarball, a Debian package, and a .NET tool for amd64 and arm64, and SHA256SUMS.
#   usage: packaging/release.sh          (./build.sh --release calls it)
# The same commit always gives the same bytes. reproduce.sh checks this by comparing two builds.
#   MANIFOLD_RELEASE_PROGRAMS   a folder with the programs amd64/manifold and arm64/manifold, which are packed unchanged. If one of them
#                               is missing, its packages are not made. Default: compiles both (minutes)
#   MANIFOLD_RELEASE_FOLDER     where to write the files (default: artifacts/release). Files of an earlier release in it are removed
#   MANIFOLD_RELEASE_PAGES      the program that writes completions and manual pages (default: the one for this machine)
#   SOURCE_DATE_EPOCH           the time of all files (default: the time of the last commit)
set -euo pipefail
[[ ${1:-} != --help && ${1:-} != -h ]] || { sed -n '2,9s/^# \{0,1\}//p' "$0"; exit; }
cd "$(dirname "$0")/.."
. packaging/common.sh

need git:git tar:tar gzip:gzip xz:xz-utils dpkg-deb:dpkg readelf:binutils python3:python3
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)} LC_ALL=C TZ=UTC
umask 022
release=${MANIFOLD_RELEASE_FOLDER:-artifacts/release}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

declare -A programs=()
for architecture in amd64 arm64; do
  program=$(program_of "$architecture")
  if [[ -f $program ]]; then
    programs[$architecture]=$program
  elif [[ -n ${MANIFOLD_RELEASE_PROGRAMS:-} ]]; then
    say "skipping $architecture because $program does not exist"
  else
    fail "the program for $architecture, which build.sh should have made, does not exist: '$program'"
  fi
done
(( ${#programs[@]} )) || fail "the folder in MANIFOLD_RELEASE_PROGRAMS has no programs: $MANIFOLD_RELEASE_PROGRAMS"

pages=${MANIFOLD_RELEASE_PAGES:-${programs[$(this_architecture)]:-}}
[[ -n $pages ]] || fail "the program for $(this_architecture), which writes completions and manual pages, is missing"
packaging/pages.sh "$pages" "$work/pages"
packaging/notices.sh >"$work/THIRD-PARTY-NOTICES"

mkdir -p "$release"
rm -f "$release"/manifold* "$release/SHA256SUMS"
for architecture in "${!programs[@]}"; do
  tree=$work/$architecture
  mkdir -p "$tree"
  install -D -m 755 "${programs[$architecture]}" "$tree/bin/manifold"
  cp -r "$work/pages/share" "$tree"
  install -D -m 644 -t "$tree/share/doc/manifold" README.md CHANGELOG.md LICENSE "$work/THIRD-PARTY-NOTICES"
  same_times "$tree"
  say "packing for $architecture"
  packaging/tarball.sh "$architecture" "$tree" "$release"
  packaging/deb.sh "$architecture" "$tree" "$release"
done
say "packing the .NET tool"
packaging/tool.sh "$work" "$release"
(cd "$release" && sha256sum -- manifold* >SHA256SUMS)
printf '%s\n' "$release"/manifold* "$release/SHA256SUMS"
