#!/usr/bin/env bash
# Builds the eight components of this folder for five architectures with one command, publishes them to a registry, and runs them.
# The first run takes a few minutes to download and compile. The results are kept (see ../setting.sh). Everything else is removed at the end.
. "$(dirname "$0")/../setting.sh"
cd "$(dirname "$0")"
release=4.10.0-0.okd-2022-03-07

repository() { # path tag: creates a repository like the upstream one
  local folder=$work/git/$1
  mkdir -p "$folder"
  cp upstream/source/* "$folder"
  git -C "$folder" init --quiet
  git -C "$folder" add .
  git -C "$folder" -c user.name=upstream -c user.email=upstream@example.org commit --quiet --message "$1 $2"
  git -C "$folder" tag "$2"
}
compile() { # name version architecture…: compiles a program of an upstream image
  local name=$1 version=$2 arch
  for arch in "${@:3}"; do
    (cd upstream/source && export GOOS=linux GOARCH=$arch GOARM=7 CGO_ENABLED=0 && show_elapsed "compiling $name for $arch" \
      go build -trimpath -buildvcs=false -ldflags "-s -w -X main.name=$name -X main.version=$version" \
      -o "$work/upstream/program/$name-$arch" .)
  done
}
image() { # name: prints the release's image, by digest
  echo "quay.io/openshift/okd-content@$(skopeo inspect --raw --tls-verify=false "docker://$registry/quay.io/openshift/okd-content:$1" | sha256sum | sed 's/^/sha256:/; s/ .*//')"
}
release_component() { # name repository
  jq --null-input --arg name "$1" --arg image "$(image "$1")" --arg source "https://github.com/$2" --arg commit "$(git -C "$work/git/$2" rev-parse HEAD)" \
    '{name: $name, from: {kind: "DockerImage", name: $image}, annotations: {"io.openshift.build.source-location": $source, "io.openshift.build.commit.id": $commit}}'
}
published() { curl -fs "http://$registry/v2/_catalog" | jq -r '.repositories[] | select(startswith("microshift/"))'; }
bake() { show_elapsed "building" to_file "$work/bake.log" "$manifold" bake --progress plain "$work" || { cat "$work/bake.log"; exit 1; }; }

need runc:runc qemu-aarch64-static:qemu-user-static skopeo:skopeo umoci:umoci docker-registry:docker-registry mmdebstrap:mmdebstrap go:golang-go git:git jq:jq curl:curl
find_manifold
start_registry
upstream docker.io registry.k8s.io quay.io registry.fedoraproject.org

say "Preparing upstream's programs, Debian packages, source, and images in the registry $registry"
cp -r upstream components "$work"
mkdir "$work/packages"
architectures=() had=() without=() # if the mirror does not have the packages for one architecture, the others are still built
for platform in ${platforms//,/ }; do
  IFS=/ read -r _ arch _ <<<"$platform"
  if ! packages=$(kept_debian_files "$arch" busybox-static,haproxy); then
    without+=("Skipped $platform because its packages could not be downloaded: $(one_line "$work/$arch.why")")
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
say "Compiling upstream's programs"
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
say "Building upstream's images"
ARCHITECTURES=${architectures[*]} show_elapsed "building busybox" "$manifold" bake -f "$work/upstream/manifold.yaml" --push --progress quiet busybox
show_elapsed "building upstream's images" \
  "$manifold" bake -f "$work/upstream/manifold.yaml" --push --progress quiet pause hostpath-provisioner cli coredns kube-rbac-proxy
if [[ -e $work/packages/arm.tar ]]; then
  fedora=registry.fedoraproject.org/busybox # its index calls 32-bit ARM armhfp
  skopeo --override-arch arm --override-variant v7 copy --quiet --src-tls-verify=false --dest-tls-verify=false "docker://$registry/docker.io/library/busybox:1" "docker://$registry/$fedora:armhfp"
  skopeo inspect --raw --tls-verify=false "docker://$registry/docker.io/library/busybox:1" |
    jq '.manifests |= [.[] | select(.platform.architecture == "arm") | .platform = {architecture: "armhfp", os: "linux"}]' |
    curl -fsS -o /dev/null -X PUT -H 'Content-Type: application/vnd.oci.image.index.v1+json' --data-binary @- "http://$registry/v2/$fedora/manifests/1"
fi

say "The release, in the format of 'oc adm release extract --file=image-references'"
{
  release_component cli openshift/oc
  release_component coredns openshift/coredns
  release_component kube-rbac-proxy openshift/kube-rbac-proxy
} | jq --slurp --arg name "$release" '{kind: "ImageStream", apiVersion: "image.openshift.io/v1", metadata: {name: $name}, spec: {tags: .}}' | tee "$work/image-references"

# From here on, set only the variables that the original project's script reads.
export DEST_REGISTRY=$registry/microshift ARCHITECTURES=${architectures[*]} IMAGE_REFERENCES=$work/image-references
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=url.file://$work/git/.insteadOf GIT_CONFIG_VALUE_0=https://github.com/

say 'COMPONENTS="base-image service-ca-operator" PUSH=no manifold bake: the second image is based on the first, and nothing is pushed'
COMPONENTS="base-image service-ca-operator" PUSH=no bake
"$manifold" images | grep microshift
[[ -z $(published) ]] || fail "something was pushed: $(published)"
echo "the registry is empty"

say "PUSH=yes manifold bake: eight components for ${#had[@]} architectures"
PUSH=yes bake
sed -n '/^IMAGE /,$ {/^pushed/!p}' "$work/bake.log"

say "The images in the registry"
for name in $(published); do
  image=$registry/$name
  of=$(skopeo inspect --raw --tls-verify=false "docker://$image:$release" | jq -r '[.manifests[].platform | [.os, .architecture, .variant] | map(select(.)) | join("/")] | join(" ")')
  echo "$name:$release  $of"
  echo "  tags $(skopeo list-tags --tls-verify=false "docker://$image" | jq -r '.Tags | sort | join(" ")')"
done

say "Running every program on every platform: manifold verify --run"
for name in $(published); do
  [[ $name != */base-image ]] || continue
  [[ $name == */haproxy-router ]] && argument=-v || argument=--version
  echo "$name"
  show_elapsed "verifying" to_file "$work/verify.log" \
    "$manifold" verify --require-run --run="$argument" "$registry/$name:$release" || { cat "$work/verify.log"; fail "$name does not run on every platform"; }
done

say "Running the programs with tools of other projects: skopeo copy, umoci unpack, runc run"
for platform in "${had[@]}"; do
  printf '%-14s ' "$platform"; run_platform "$DEST_REGISTRY/cli:$release" "$platform"
  printf '%-14s ' "$platform"; run_platform "$DEST_REGISTRY/haproxy-router:$release" "$platform" -v >"$work/said"; head -n1 "$work/said"
done
say "Eight components for ${#had[@]} architectures are published, verified and run"
(( ${#without[@]} == 0 )) || printf '%s\n' "${without[@]}"
