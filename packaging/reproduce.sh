#!/usr/bin/env bash
# Makes the release of the last commit twice, in two folders with names of different length, and compares the files. Compiles four programs.
#   usage: packaging/reproduce.sh [ARCHITECTURE]     compiles only the program for ARCHITECTURE (default: the whole release)
# Run it by hand. The tests pack twice, but they do not compile twice.
set -euo pipefail
[[ $# == 0 || ${1:-} == amd64 || ${1:-} == arm64 ]] || { sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 2; }
cd "$(dirname "$0")/.."
work=$(mktemp -d -p "${TMPDIR:-/var/tmp}")
trap 'rm -rf "$work"' EXIT
for folder in "$work/a" "$work/another/and/longer"; do
  echo "reproduce.sh: building in $folder" >&2
  git clone --quiet --no-hardlinks . "$folder"
  # Debian's libraries are downloaded only once.
  [[ ! -d artifacts/sysroot ]] || { mkdir "$folder/artifacts"; cp -r "$(realpath artifacts/sysroot)" "$folder/artifacts/sysroot"; }
  if (( $# )); then (cd "$folder" && ./build.sh --arch "$1"); else (cd "$folder" && ./build.sh --release); fi
done
made=artifacts/release
(( $# == 0 )) || made=$(cd "$work/a" && echo artifacts/manifold*)
(cd "$work/a/$made" && sha256sum -- *)
diff -r "$work/a/$made" "$work/another/and/longer/$made"
echo "both builds have the same bytes"
