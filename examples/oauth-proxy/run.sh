#!/usr/bin/env bash
# Joins upstream's amd64 image with an arm64 image that is built from source, publishes them as one, and runs what was published.
# Debian's Go is fetched once and kept (see ../setting.sh). Leaves nothing else behind.
. "$(dirname "$0")/../setting.sh"
cd "$(dirname "$0")"
need runc:runc qemu-aarch64-static:qemu-user-static skopeo:skopeo umoci:umoci docker-registry:docker-registry mmdebstrap:mmdebstrap jq:jq curl:curl
find_manifold
start_registry
upstream docker.io gcr.io quay.io
say "What upstream has: the compiler, and the proxy for amd64 only; in the registry $registry"
compiler_images
upstream_image=$registry/quay.io/openshift/origin-oauth-proxy:latest
"$manifold" build --progress quiet --platform linux/amd64 --build-arg VERSION=v4.4.0-upstream -t "$upstream_image" --push .
export DEST_REGISTRY=$registry/acme
image=$DEST_REGISTRY/ose-oauth-proxy:latest

say "manifold bake --plan: what would be made of what"
"$manifold" bake --plan
say "manifold bake --push"
"$manifold" bake --push --report "$work/report"

say "What the registry has"
index() { skopeo inspect --raw --tls-verify=false "docker://$1"; }
child() { index "$1" | jq -r --arg arch "$2" '.manifests[] | select(.platform.architecture == $arch).digest'; }
skopeo list-tags --tls-verify=false "docker://${image%:*}" | jq -r '"tags " + (.Tags | sort | join(" "))'
index "$image" | jq -r '.manifests[] | "\(.platform.os)/\(.platform.architecture) \(.digest)"'
taken=$(child "$image" amd64)
[[ $taken == "$(child "$upstream_image" amd64)" ]] || fail "amd64 is not upstream's image"
echo "linux/amd64 is upstream's, byte for byte"
for arch in amd64 arm64; do
  tag=$(index "$image-$arch" | sha256sum | cut -d' ' -f1)
  [[ sha256:$tag == "$(child "$image" $arch)" ]] || fail "latest-$arch is not what latest has"
done
echo "latest-amd64 and latest-arm64 are what latest has"

say "Verified and run on every platform: manifold verify --run, then skopeo copy, umoci unpack, runc run"
"$manifold" verify --require-run --run=--version "$image"
for platform in linux/amd64 linux/arm64; do
  printf '%-12s ' $platform; run_platform "$image" $platform --version
done
say "oauth-proxy is published for linux/amd64 (upstream's) and linux/arm64 (built here), verified and run"
