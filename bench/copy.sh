#!/usr/bin/env bash
# The claim: a copy from registry to registry takes Manifold no longer than `skopeo copy --all`, and its memory does not grow with the image.
#   usage: MANIFOLD=path/to/manifold copy.sh [-n ROUNDS] [-s SOURCE] [-t TARGET_REGISTRY | -e] [-m]
# Each copy goes to a new repository; with -e to a registry of its own that has nothing yet (Debian's docker-registry), so that every byte moves. The medians are printed with their ratio.
# Without -e what it copies stays in the target. Half of the rounds begin with one, half with the other. -m measures memory instead, on an image of one layer of 1 GB.
set -euo pipefail
rounds=6 source=localhost:5001/debian:bookworm target=localhost:5002 memory='' empty=''
while getopts n:s:t:em o; do case $o in n) rounds=$OPTARG;; s) source=$OPTARG;; t) target=$OPTARG;; e) empty=1 target=localhost:5077;; m) memory=1;; *) exit 2;; esac; done
manifold=${MANIFOLD:-$(dirname "$0")/../artifacts/manifold/manifold}
work=$(mktemp -d) server=''; trap '[[ ! $server ]] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
export MANIFOLD_ROOT=$work/store
run=$(date +%s)

seconds() { local begin end; begin=$(date +%s%N); "$@" >/dev/null 2>"$work/error" || { cat "$work/error" >&2; exit 1; }; end=$(date +%s%N); echo $(((end - begin) / 1000000)); }
median() { sort -n | awk '{v[NR]=$1} END {print (NR%2) ? v[(NR+1)/2] : (v[NR/2]+v[NR/2+1])/2}'; }
# An empty registry for one copy.
begin() {
  [[ $empty ]] || return 0
  printf 'version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: 127.0.0.1:5077}\n' "$work/registry" >"$work/registry.yml"
  docker-registry serve "$work/registry.yml" >/dev/null 2>&1 & server=$!
  for _ in $(seq 100); do curl -fs "$target/v2/" >/dev/null && return; sleep 0.1; done
  echo "copy.sh: docker-registry does not start on $target" >&2; exit 1
}
end() { [[ ! $empty ]] || { kill "$server"; wait "$server" || true; server=''; rm -rf "$work/registry"; }; } 2>/dev/null

with_manifold() { seconds "$manifold" copy "$source" "$target/copy-$run/manifold-$1:1"; }
with_skopeo() { seconds skopeo copy --all --src-tls-verify=false --dest-tls-verify=false "docker://$source" "docker://$target/copy-$run/skopeo-$1:1"; }

if [[ $memory ]]; then
  head -c 1000000000 /dev/urandom >"$work/layer"
  digest=$(sha256sum "$work/layer" | cut -d' ' -f1)
  mkdir -p "$work/layout/blobs/sha256"
  mv "$work/layer" "$work/layout/blobs/sha256/$digest"
  put() { local hash; hash=$(printf %s "$1" | sha256sum | cut -d' ' -f1); printf %s "$1" >"$work/layout/blobs/sha256/$hash"; echo "sha256:$hash"; }
  config='{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":["sha256:'$digest'"]}}'
  manifest='{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"'$(put "$config")'","size":'${#config}'},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"sha256:'$digest'","size":1000000000}]}'
  printf '{"imageLayoutVersion":"1.0.0"}' >"$work/layout/oci-layout"
  printf '{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"%s","size":%d}]}' "$(put "$manifest")" ${#manifest} >"$work/layout/index.json"
  big=${source%%/*}/copy-$run/big:1
  for road in "oci:$work/layout $big" "$big $target/copy-$run/big:1" "$big ${source%%/*}/copy-$run/mounted:1" "$big oci-archive:$work/x.tar" "oci-archive:$work/x.tar store:big:1" "oci-archive:$work/x.tar docker-archive:$work/d.tar:big:1"; do
    read -r from to <<<"$road"
    /usr/bin/time -f '%M kB  %e s' -o "$work/time" "$manifold" copy "$from" "$to" >/dev/null 2>&1
    printf '%-16s -> %-16s %s\n' "${from%%[:/]*}" "${to%%[:/]*}" "$(cat "$work/time")"
  done
  exit
fi

for ((r = 0; r < rounds; r++)); do
  if ((r % 2)); then order=(skopeo manifold); else order=(manifold skopeo); fi
  for one in "${order[@]}"; do begin; "with_$one" "$r" >>"$work/$one"; end; done
done
m=$(median <"$work/manifold") s=$(median <"$work/skopeo")
echo "manifold $(tr '\n' ' ' <"$work/manifold")ms, skopeo $(tr '\n' ' ' <"$work/skopeo")ms"
awk -v m="$m" -v s="$s" 'BEGIN {printf "median: manifold %d ms, skopeo %d ms, ratio %.2f\n", m, s, m / s}'
