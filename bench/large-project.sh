#!/usr/bin/env bash
# Checks the claim that a project of 200 images for five platforms, without RUN, bakes in one run and is planned in seconds.
#   usage: [MANIFOLD=PROGRAM] large-project.sh [IMAGES]
# Needs /usr/bin/time and a base image for the five platforms: BASE (default localhost:5001/busybox:1).
# Every second image is based on the previous one.
# Prints the seconds and the peak memory of the plan, a cold bake, and a warm bake, with at most 1024 open files (Debian's default).
set -euo pipefail
. "$(dirname "$0")/lib.sh"
case ${1:-} in -h | --help) print_usage; exit ;; esac
find_manifold
count=${1:-200} base=${BASE:-localhost:5001/busybox:1}
folder=$(mktemp -d "${TMPDIR:-/tmp}/large-project.XXXXXX")
trap 'rm -rf "$folder"' EXIT
say "making $count images"
for ((i = 1; i <= count; i++)); do
  mkdir -p "$folder/c$i"
  for arch in amd64 arm64 arm ppc64le riscv64; do echo "$i $arch" >"$folder/c$i/$arch"; done
  from=$base; ((i % 2 == 0)) && from=c$((i - 1))
  printf 'FROM %s\nARG TARGETARCH\nCOPY ${TARGETARCH} /etc/component%s\nLABEL component=c%s\n' "$from" "$i" "$i" >"$folder/c$i/Dockerfile"
done
{
  printf 'registry: example.com/large\nplatforms: [linux/amd64, linux/arm64, linux/arm/v7, linux/ppc64le, linux/riscv64]\ntags: [dev]\nimages:\n'
  for ((i = 1; i <= count; i++)); do printf '  c%s: {context: c%s}\n' "$i" "$i"; done
} >"$folder/manifold.yaml"
ulimit -n 1024
export MANIFOLD_ROOT=$folder/store
run() { # NAME command…
  local name=$1; shift
  /usr/bin/time -f "%e s, %M KiB" -o "$folder/time" "$@" >"$folder/out" 2>"$folder/err" || fail "$(tail -5 "$folder/err")"
  printf '%-6s %s\n' "$name" "$(tail -1 "$folder/time")"
}
run plan "$manifold" bake -f "$folder" --plan
run cold "$manifold" bake -f "$folder" --progress quiet
run warm "$manifold" bake -f "$folder" --progress quiet
echo "$(wc -l <"$folder/out") images in the last run"
