#!/usr/bin/env bash
# Combines the upstream amd64 image with an arm64 image that is built from source, publishes them as one image, and runs it.
# Go from Debian is downloaded once and kept (see ../setting.sh). Everything else is removed at the end.
. "$(dirname "$0")/../setting.sh"
cd "$(dirname "$0")"
need runc:runc qemu-aarch64-static:qemu-user-static skopeo:skopeo umoci:umoci docker-registry:docker-registry mmdebstrap:mmdebstrap jq:jq curl:curl
find_manifold
start_registry
upstream docker.io gcr.io quay.io
say "Preparing the upstream images in the registry $registry: the compiler, and the proxy for amd64 only"
compiler_images
upstream_image=$registry/quay.io/openshift/origin-oauth-proxy:latest
show_elapsed "building the upstream proxy" \
  "$manifold" build --progress quiet --platform linux/amd64 --build-arg VERSION=v4.4.0-upstream -t "$upstream_image" --push .
export DEST_REGISTRY=$registry/acme
image=$DEST_REGISTRY/ose-oauth-proxy:latest

say "Showing the plan: manifold bake --plan"
"$manifold" bake --plan
say "Building and publishing: manifold bake --push"
run_manifold building bake --push --report "$work/report"

say "The result in the registry"
index() { skopeo inspect --raw --tls-verify=false "docker://$1"; }
child() { index "$1" | jq -r --arg arch "$2" '.manifests[] | select(.platform.architecture == $arch).digest'; }
skopeo list-tags --tls-verify=false "docker://${image%:*}" | jq -r '"tags " + (.Tags | sort | join(" "))'
index "$image" | jq -r '.manifests[] | "\(.platform.os)/\(.platform.architecture) \(.digest)"'
taken=$(child "$image" amd64)
[[ $taken == "$(child "$upstream_image" amd64)" ]] || fail "amd64 is not the upstream image"
echo "linux/amd64 is the upstream image, byte for byte"
for arch in amd64 arm64; do
  tag=$(index "$image-$arch" | sha256sum | cut -d' ' -f1)
  [[ sha256:$tag == "$(child "$image" $arch)" ]] || fail "latest-$arch differs from the $arch image of latest"
done
echo "latest-amd64 and latest-arm64 are the images of latest"

say "Verifying and running every platform: manifold verify --run, then skopeo copy, umoci unpack, runc run"
run_manifold verifying verify --require-run --run=--version "$image"
for platform in linux/amd64 linux/arm64; do
  printf '%-12s ' $platform; run_platform "$image" $platform --version
done
say "oauth-proxy is published for linux/amd64 (from upstream) and linux/arm64 (built here), verified and run"
