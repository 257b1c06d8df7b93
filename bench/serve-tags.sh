#!/usr/bin/env bash
# Checks the claim that the time of a request by tag to `manifold serve` does not depend on the number of tags in the store (within
# 20 %), and that it answers at least 2,000 such requests a second on two cores.
#   usage: [MANIFOLD=PROGRAM] serve-tags.sh [-s SECONDS] [-r ROUNDS] [TAGS…]      (default: 10 10000 100000)
# Needs wrk and curl. There is one server for each number of tags. They take turns, so that other work on the machine affects all of them.
# Prints for each: the median number of requests a second (GET of a manifest by one of the tags), the milliseconds for a page of 100 tags,
# for a page of the catalog, and for pushing one manifest under 400 tags, and the mean of 100 pushes of one new tag each.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
case ${1:-} in -h | --help) print_usage; exit ;; esac
seconds=5 rounds=3
while getopts s:r: o; do case $o in s) seconds=$OPTARG;; r) rounds=$OPTARG;; *) exit 2;; esac; done
shift $((OPTIND - 1))
counts=("$@"); [[ $# -gt 0 ]] || counts=(10 10000 100000)
find_manifold
work=$(mktemp -d "${TMPDIR:-/var/tmp}/serve-tags.XXXXXX") servers=()
trap 'for server in "${servers[@]}"; do kill "$server" 2>/dev/null || true; done; wait; rm -rf "$work"' EXIT

make_store() { # folder count: an image, and an index.json that names it so often
  local blobs=$1/blobs/sha256 config='{}' digest manifest
  mkdir -p "$blobs"
  digest=$(printf %s "$config" | sha256sum | cut -d' ' -f1); printf %s "$config" >"$blobs/$digest"
  manifest='{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:'$digest'","size":2},"layers":[]}'
  printf %s "$manifest" >"$work/manifest"
  digest=$(sha256sum <"$work/manifest" | cut -d' ' -f1); cp "$work/manifest" "$blobs/$digest"
  printf '{"imageLayoutVersion":"1.0.0"}' >"$1/oci-layout"
  awk -v n="$2" -v d="$digest" -v s="${#manifest}" 'BEGIN {
    printf "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":["
    for (i = 0; i < n; i++) printf "%s{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"sha256:%s\",\"size\":%d,\"annotations\":{\"org.opencontainers.image.ref.name\":\"bench.example/bench/app:t%d\"}}", (i ? "," : ""), d, s, i
    printf "]}" }' >"$1/index.json"
}
milliseconds() { curl -fsS -o /dev/null -w '%{time_total}\n' "$@" | awk '{printf "%.1f\n", $1 * 1000}'; }

for count in "${counts[@]}"; do
  say "starting a server with $count tags"
  make_store "$work/$count" "$count"
  MANIFOLD_ROOT=$work/$count "$manifold" serve --listen 127.0.0.1:0 2>"$work/$count.log" & servers+=($!)
  for _ in $(seq 300); do address=$(grep -o 'http://[0-9.:]*[0-9]' "$work/$count.log" || true); [[ ! $address ]] || break; sleep 0.1; done
  [[ $address ]] || { cat "$work/$count.log" >&2; exit 1; }
  echo "$address" >"$work/$count.address"
  printf 'request = function() return wrk.format("GET", "/v2/bench/app/manifests/t" .. math.random(0, %d)) end\n' $((count - 1)) >"$work/$count.lua"
  wrk -t1 -c16 -d2s --timeout 20s -s "$work/$count.lua" "$address" >/dev/null # warms up
done
for ((round = 0; round < rounds; round++)); do
  say "round $((round + 1)) of $rounds"
  for count in "${counts[@]}"; do
    wrk -t1 -c16 -d"${seconds}s" -s "$work/$count.lua" "$(cat "$work/$count.address")" >"$work/wrk"
    ! grep -q 'Non-2xx' "$work/wrk" || { cat "$work/wrk" >&2; exit 1; }
    awk '/Requests\/sec/ {print $2}' "$work/wrk" >>"$work/$count.rates"
  done
done
first=''
printf '%8s %12s %8s %10s %10s %12s %14s\n' tags requests/s ratio 'tags page' catalog '400 tags' 'one more tag'
for count in "${counts[@]}"; do
  address=$(cat "$work/$count.address") rate=$(median <"$work/$count.rates"); first=${first:-$rate}
  manifest=(-X PUT --data-binary "@$work/manifest" -H 'Content-Type: application/vnd.oci.image.manifest.v1+json')
  page=$(milliseconds "$address/v2/bench/app/tags/list?n=100&last=t5")
  catalog=$(milliseconds "$address/v2/_catalog?n=100")
  many=$(milliseconds "${manifest[@]}" "$address/v2/bench/app/manifests/sha256:$(sha256sum <"$work/manifest" | cut -d' ' -f1)?$(seq -f 'tag=many-%g' -s '&' 400)")
  begin=$(date +%s%N)
  curl -fsS -o /dev/null "${manifest[@]}" "$address/v2/bench/app/manifests/more-[1-100]"
  awk -v t="$count" -v r="$rate" -v f="$first" -v p="$page" -v c="$catalog" -v m="$many" -v o="$((($(date +%s%N) - begin) / 100000))" \
    'BEGIN {printf "%8d %12.0f %8.2f %7.1f ms %7.1f ms %9.1f ms %11.1f ms\n", t, r, r / f, p, c, m, o / 1000}'
done
