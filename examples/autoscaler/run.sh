#!/usr/bin/env bash
# Builds a Go program for two architectures with the flags of docker buildx, writes it to an archive and a registry, and runs the result.
# Go from Debian is downloaded once and kept (see ../setting.sh). Everything else is removed at the end.
. "$(dirname "$0")/../setting.sh"
cd "$(dirname "$0")"
need runc:runc qemu-aarch64-static:qemu-user-static skopeo:skopeo umoci:umoci docker-registry:docker-registry mmdebstrap:mmdebstrap jq:jq
find_manifold
start_registry
upstream docker.io gcr.io
say "Preparing the upstream images in the registry $registry: golang:1.19-bookworm and distroless/static:nonroot"
compiler_images
image=$registry/vpsie/autoscaler:v0.3.0 archive=$work/autoscaler.tar

say "manifold build, with the flags of the former docker buildx command"
run_manifold building build \
  --platform linux/amd64,linux/arm64 \
  --no-cache \
  --build-arg VERSION=v0.3.0 \
  --build-arg COMMIT=6a5e69e \
  --build-arg BUILD_DATE=2026-01-26T02:38:21Z \
  --output "type=oci,dest=$archive" \
  --push \
  --metadata-file "$work/metadata.json" \
  --report "$work/report" \
  -t "$image" .

say "The archive and the registry have the same index, with all platforms"
built=$(jq -r '."containerimage.digest"' "$work/metadata.json")
for place in "oci-archive:$archive" "docker://$image"; do
  skopeo inspect --raw --tls-verify=false "$place" >"$work/index"
  digest=sha256:$(sha256sum <"$work/index" | cut -d' ' -f1)
  [[ $digest == "$built" ]] || fail "the digest in $place is $digest, but the build's digest is $built"
  echo "${place%%:*} $digest $(jq -r '[.manifests[].platform | .os + "/" + .architecture] | join(" ")' "$work/index")"
done
skopeo inspect --tls-verify=false "docker://$image" | jq -r '.Labels | to_entries[] | "\(.key)=\(.value)"'

say "The summary, which used to be written by hand: report.md"
cat "$work/report/report.md"

say "Verifying and running every platform: manifold verify --run, then skopeo copy, umoci unpack, runc run"
run_manifold verifying verify --require-run --run=--version "$image"
for platform in linux/amd64 linux/arm64; do
  printf '%-12s ' $platform; run_platform "$image" $platform
done
say "autoscaler v0.3.0 is published for linux/amd64 and linux/arm64, verified and run"
