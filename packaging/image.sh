#!/usr/bin/env bash
# Puts the files for Manifold's own image into artifacts/image/ARCHITECTURE/, for amd64 and arm64: the program and the licenses.
#   usage: packaging/image.sh       (manifold.yaml calls it)
#   MANIFOLD_RELEASE_PROGRAMS       a folder with the programs amd64/manifold and arm64/manifold. Default: compiles both (minutes)
set -euo pipefail
[[ $# == 0 ]] || { sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 2; }
cd "$(dirname "$0")/.."
. packaging/common.sh
notices=$(mktemp)
trap 'rm -f "$notices"' EXIT
declare -A programs=()
for architecture in amd64 arm64; do programs[$architecture]=$(program_of "$architecture"); done
packaging/notices.sh >"$notices"
for architecture in amd64 arm64; do
  folder=artifacts/image/$architecture
  rm -rf "$folder"
  install -D -m 755 "${programs[$architecture]}" "$folder/bin/manifold"
  install -D -m 644 LICENSE "$folder/share/doc/manifold/LICENSE"
  install -D -m 644 "$notices" "$folder/share/doc/manifold/THIRD-PARTY-NOTICES"
done
