#!/usr/bin/env bash
# Bakes the eight components for five architectures from the folder as it is, publishes them to a registry, and runs what was published.
# The first run takes some minutes for packages and compiling, which are kept (see ../setting.sh). Leaves nothing else behind.
. "$(dirname "$0")/../setting.sh"
cd "$(dirname "$0")"
release=4.10.0-0.okd-2022-03-07

repository() { # path tag: a repository as upstream has it
  local folder=$work/git/$1
  mkdir -p "$folder"
  cp upstream/source/* "$folder"
  git -C "$folder" init --quiet
  git -C "$folder" add .
  git -C "$folder" -c user.name=upstream -c user.email=upstream@example.org commit --quiet --message "$1 $2"
  git -C "$folder" tag "$2"
}
compile() { # name version architecture…: a program as upstream's images have it
  local name=$1 version=$2 arch
  for arch in "${@:3}"; do
    (cd upstream/source && GOOS=linux GOARCH=$arch GOARM=7 CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.name=$name -X main.version=$version" \
      -o "$work/upstream/program/$name-$arch" .)
  done
}
image() { # name: the release's image, by digest
  echo "quay.io/openshift/okd-content@$(skopeo inspect --raw --tls-verify=false "docker://$registry/quay.io/openshift/okd-content:$1" | sha256sum | sed 's/^/sha256:/; s/ .*//')"
}
release_component() { # name repository
  jq --null-input --arg name "$1" --arg image "$(image "$1")" --arg source "https://github.com/$2" --arg commit "$(git -C "$work/git/$2" rev-parse HEAD)" \
    '{name: $name, from: {kind: "DockerImage", name: $image}, annotations: {"io.openshift.build.source-location": $source, "io.openshift.build.commit.id": $commit}}'
}
published() { curl -fs "http://$registry/v2/_catalog" | jq -r '.repositories[] | select(startswith("microshift/"))'; }
bake() { "$manifold" bake --progress plain "$work" >"$work/bake.log" 2>&1 || { cat "$work/bake.log"; exit 1; }; }

need runc:runc qemu-aarch64-static:qemu-user-static skopeo:skopeo umoci:umoci docker-registry:docker-registry mmdebstrap:mmdebstrap go:golang-go git:git jq:jq curl:curl
find_manifold
start_registry
upstream docker.io registry.k8s.io quay.io registry.fedoraproject.org

say "What upstream has: programs, packages of Debian, source, images; in the registry $registry"
cp -r upstream components "$work"
mkdir "$work/packages"
architectures=() had=() without=() # a mirror may lack the packages of one architecture: the others are tried all the same
for platform in ${platforms//,/ }; do
  IFS=/ read -r _ arch _ <<<"$platform"
  if ! packages=$(kept_debian_files "$arch" busybox-static,haproxy); then
    without+=("Without $platform, whose packages could not be downloaded: $(one_line "$work/$arch.why")")
    continue
  fi
  architectures+=("$arch") had+=("$platform")
  ln -s "$packages" "$work/packages/$arch.tar"
  mkdir "$work/busybox-$arch"
  tar -xf "$packages" -C "$work/busybox-$arch" ./usr/bin/busybox
  tar --sort=name --mtime=@0 -C "$work/busybox-$arch" -cf "$work/upstream/busybox/$arch.tar" usr
done
(( ${#had[@]} )) || unavailable "$(sort -u "$work"/*.why)"
(( ${#without[@]} == 0 )) || printf '%s\n' "${without[@]}"
compile pause v3.6 amd64 arm64 arm ppc64le
compile hostpath-provisioner v0.10.0 amd64 arm64
compile cli v4.10.0 amd64
compile coredns v1.8.7 amd64 arm64
compile kube-rbac-proxy v0.11.0 amd64
repository kubernetes/pause v3.6
repository kubevirt/hostpath-provisioner v0.10.0
repository openshift/oc v4.10.0
repository openshift/coredns v1.8.7
repository openshift/kube-rbac-proxy v0.11.0
repository openshift/service-ca-operator v4.10.0
export UPSTREAM=$registry
ARCHITECTURES=${architectures[*]} "$manifold" bake -f "$work/upstream/manifold.yaml" --push --progress quiet busybox
"$manifold" bake -f "$work/upstream/manifold.yaml" --push --progress quiet pause hostpath-provisioner cli coredns kube-rbac-proxy
if [[ -e $work/packages/arm.tar ]]; then
  fedora=registry.fedoraproject.org/busybox # whose index calls 32-bit ARM armhfp
  skopeo --override-arch arm --override-variant v7 copy --quiet --src-tls-verify=false --dest-tls-verify=false "docker://$registry/docker.io/library/busybox:1" "docker://$registry/$fedora:armhfp"
  skopeo inspect --raw --tls-verify=false "docker://$registry/docker.io/library/busybox:1" |
    jq '.manifests |= [.[] | select(.platform.architecture == "arm") | .platform = {architecture: "armhfp", os: "linux"}]' |
    curl -fsS -o /dev/null -X PUT -H 'Content-Type: application/vnd.oci.image.index.v1+json' --data-binary @- "http://$registry/v2/$fedora/manifests/1"
fi

say "The release, as 'oc adm release extract --file=image-references' has it"
{
  release_component cli openshift/oc
  release_component coredns openshift/coredns
  release_component kube-rbac-proxy openshift/kube-rbac-proxy
} | jq --slurp --arg name "$release" '{kind: "ImageStream", apiVersion: "image.openshift.io/v1", metadata: {name: $name}, spec: {tags: .}}' | tee "$work/image-references"

# From here on nothing but what the folder's own script is called with.
export DEST_REGISTRY=$registry/microshift ARCHITECTURES=${architectures[*]} IMAGE_REFERENCES=$work/image-references
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=url.file://$work/git/.insteadOf GIT_CONFIG_VALUE_0=https://github.com/

say 'COMPONENTS="base-image service-ca-operator" PUSH=no manifold bake: the second stands on the first, and nothing is pushed'
COMPONENTS="base-image service-ca-operator" PUSH=no bake
"$manifold" images | grep microshift
[[ -z $(published) ]] || fail "something was pushed: $(published)"
echo "in the registry: nothing"

say "PUSH=yes manifold bake: eight components for ${#had[@]} architectures"
PUSH=yes bake
sed -n '/^IMAGE /,$ {/^pushed/!p}' "$work/bake.log"

say "What the registry has"
for name in $(published); do
  image=$registry/$name
  of=$(skopeo inspect --raw --tls-verify=false "docker://$image:$release" | jq -r '[.manifests[].platform | [.os, .architecture, .variant] | map(select(.)) | join("/")] | join(" ")')
  echo "$name:$release  $of"
  echo "  tags $(skopeo list-tags --tls-verify=false "docker://$image" | jq -r '.Tags | sort | join(" ")')"
done

say "Every program on every platform: manifold verify --run"
for name in $(published); do
  [[ $name != */base-image ]] || continue
  [[ $name == */haproxy-router ]] && argument=-v || argument=--version
  echo "$name"
  "$manifold" verify --require-run --run="$argument" "$registry/$name:$release" >"$work/verify.log" 2>&1 || { cat "$work/verify.log"; fail "$name does not run everywhere"; }
done

say "The same by other people's tools: skopeo copy, umoci unpack, runc run"
for platform in "${had[@]}"; do
  printf '%-14s ' "$platform"; run_platform "$DEST_REGISTRY/cli:$release" "$platform"
  printf '%-14s ' "$platform"; run_platform "$DEST_REGISTRY/haproxy-router:$release" "$platform" -v >"$work/said"; head -n1 "$work/said"
done
say "Eight components for ${#had[@]} architectures are published, verified and run"
(( ${#without[@]} == 0 )) || printf '%s\n' "${without[@]}"
