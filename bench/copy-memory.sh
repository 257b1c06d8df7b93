#!/usr/bin/env bash
# Checks the claim that a copy needs less than 150 MB of memory, whatever the size of the image.
# Copies an image with one layer of 1 GB on six routes, and prints the peak memory and the seconds of each.
#   usage: [MANIFOLD=PROGRAM] copy-memory.sh [SOURCE_REGISTRY [TARGET_REGISTRY]]        (default: localhost:5001 localhost:5002)
# Needs /usr/bin/time. The copies stay in the registries, in the repositories copy-TIME.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
case ${1:-} in -h | --help) print_usage; exit ;; esac
find_manifold
near=${1:-localhost:5001} far=${2:-localhost:5002} repository=copy-$EPOCHSECONDS
work=$(mktemp -d "${TMPDIR:-/var/tmp}/copy-memory.XXXXXX")
trap 'rm -rf "$work"' EXIT
export MANIFOLD_ROOT=$work/store

put() { # CONTENT: stores it as a blob, and prints its digest
  local hash
  hash=$(printf %s "$1" | sha256sum | cut -d' ' -f1)
  printf %s "$1" >"$work/layout/blobs/sha256/$hash"
  echo "sha256:$hash"
}

say "making an image of 1 GB"
head -c 1000000000 /dev/urandom >"$work/layer"
layer=$(sha256sum "$work/layer" | cut -d' ' -f1)
mkdir -p "$work/layout/blobs/sha256"
mv "$work/layer" "$work/layout/blobs/sha256/$layer"
type=application/vnd.oci.image
config='{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:'$layer'"]}}'
manifest='{"schemaVersion":2,"mediaType":"'$type'.manifest.v1+json",
  "config":{"mediaType":"'$type'.config.v1+json","digest":"'$(put "$config")'","size":'${#config}'},
  "layers":[{"mediaType":"'$type'.layer.v1.tar","digest":"sha256:'$layer'","size":1000000000}]}'
printf '{"imageLayoutVersion":"1.0.0"}' >"$work/layout/oci-layout"
printf '{"schemaVersion":2,"manifests":[{"mediaType":"%s.manifest.v1+json","digest":"%s","size":%d}]}' \
  "$type" "$(put "$manifest")" ${#manifest} >"$work/layout/index.json"

image=$near/$repository/big:1
routes=("oci:$work/layout $image" "$image $far/$repository/big:1" "$image $near/$repository/mounted:1" "$image oci-archive:$work/x.tar"
  "oci-archive:$work/x.tar store:big:1" "oci-archive:$work/x.tar docker-archive:$work/d.tar:big:1")
for route in "${routes[@]}"; do
  read -r from to <<<"$route"
  /usr/bin/time -f '%M kB  %e s' -o "$work/time" "$manifold" copy "$from" "$to" >/dev/null 2>"$work/error" ||
    fail "$(tail -3 "$work/error")"
  printf '%-16s -> %-16s %s\n' "${from%%[:/]*}" "${to%%[:/]*}" "$(cat "$work/time")"
done
