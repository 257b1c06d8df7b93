#!/usr/bin/env bash
# Makes the workloads in FOLDER/work, and pushes their base images to 127.0.0.1:5001. setup-peers.sh calls it.
#   debian:bookworm  amd64, arm64: a complete minbase root, about 60 MB compressed each
#   busybox:1        amd64, arm64, arm/v7, ppc64le, riscv64
#   w1/              one Dockerfile for two platforms: two stages, RUN steps, 83 MB of context
#   w3/              eight images for five platforms: COPY and one small RUN each
#   w3n/             the same without RUN
#   usage: make-workloads.sh [FOLDER]        FOLDER defaults to /var/tmp/manifold-bench
# Existing files are not made again, except for the Dockerfiles and project files. To use other registries than localhost:5001 when a
# workload is built, set BASES and TARGETS (host:port).
set -euo pipefail
. "$(dirname "$0")/lib.sh"
case ${1:-} in
  -h | --help) print_usage; exit ;;
  ?*) use_folder "$(realpath -m "$1")" ;;
esac
platforms=(linux/amd64 linux/arm64 linux/arm/v7 linux/ppc64le linux/riscv64)
mkdir -p "$workloads"

has_image() { # REPOSITORY TAG
  answers -H 'Accept: application/vnd.oci.image.index.v1+json' \
    -H 'Accept: application/vnd.docker.distribution.manifest.list.v2+json' "http://127.0.0.1:5001/v2/$1/manifests/$2"
}
push_base() { # NAME:TAG PLATFORM,… FOLDER
  show_elapsed "building $1" docker_at "$peers" buildx build -q --provenance=false --platform "$2" -t "localhost:5001/$1" --push "$3" >/dev/null
}

make_debian() {
  local folder=$workloads/debian arch
  ! has_image debian bookworm || return 0
  mkdir -p "$folder"
  for arch in amd64 arm64; do
    [[ ! -s $folder/$arch.tar ]] || continue
    say "making debian:bookworm for $arch"
    show_elapsed "making debian:bookworm for $arch" mmdebstrap --quiet --variant=minbase --keyring=$debian_keyring --aptopt='Acquire::Retries "3"' --architectures=$arch \
      bookworm "$folder/$arch.tar.part" "$(find_mirror)" --format=tar >&2
    mv "$folder/$arch.tar.part" "$folder/$arch.tar"
  done
  printf 'FROM scratch\nARG TARGETARCH\nADD ${TARGETARCH}.tar /\nCMD ["bash"]\n' >"$folder/Dockerfile"
  push_base debian:bookworm linux/amd64,linux/arm64 "$folder"
}

make_busybox() {
  local folder=$workloads/busybox arch root tool
  ! has_image busybox 1 || return 0
  mkdir -p "$folder"
  for arch in amd64 arm64 arm ppc64le riscv64; do
    say "making busybox:1 for $arch"
    root=$folder/rootfs-$arch
    debian_files "$arch" busybox-static "$folder/$arch.tar" >/dev/null
    rm -rf "$root"
    mkdir -p "$root/bin" "$root/etc" "$root/tmp"
    tar -xOf "$folder/$arch.tar" ./usr/bin/busybox >"$root/bin/busybox"
    chmod 755 "$root/bin/busybox"
    for tool in sh cat ls mkdir ln cp chmod chown echo uname id sort; do ln -sf busybox "$root/bin/$tool"; done
    echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
    echo 'root:x:0:' >"$root/etc/group"
    rm "$folder/$arch.tar"
  done
  printf 'FROM scratch\nARG TARGETARCH\nCOPY rootfs-${TARGETARCH}/ /\nCMD ["sh"]\n' >"$folder/Dockerfile"
  push_base busybox:1 "$(IFS=,; echo "${platforms[*]}")" "$folder"
}

make_w1() {
  local folder=$workloads/w1
  mkdir -p "$folder"
  if [[ ! -d $folder/src ]]; then
    say "making w1"
    rm -rf "$folder/src.part"
    show_elapsed "making w1" python3 - "$folder/src.part" <<'PYTHON'
import os, random, sys
random.seed(1)
root = sys.argv[1]
words = [bytes(random.choices(b'abcdefghijklmnopqrstuvwxyz    \n', k=64)) for _ in range(4000)]
for d in range(100):
    os.makedirs(f'{root}/d{d}')
    for f in range(50):
        size = random.choice([300, 1000, 4000, 12000, 40000])
        with open(f'{root}/d{d}/f{f}.txt', 'wb') as out:
            out.write(b''.join(random.choice(words) for _ in range(size // 64 + 1)))
for i in range(4):
    with open(f'{root}/bin{i}.dat', 'wb') as out:
        out.write(random.randbytes(5_000_000))
PYTHON
    mv "$folder/src.part" "$folder/src"
  fi
  cat >"$folder/Dockerfile" <<'DOCKERFILE'
ARG BASES=localhost:5001
FROM ${BASES}/debian:bookworm AS build
WORKDIR /src
COPY src/ .
RUN mkdir -p /out/share && cat d*/*.txt > /out/all.txt && cp -r d1 d2 d3 d4 d5 /out/share/
RUN sort /out/all.txt | uniq -c | sort -rn | head -1000 > /out/top.txt

FROM ${BASES}/debian:bookworm
LABEL org.opencontainers.image.title=w1
RUN useradd -u 1001 app
COPY --from=build --chown=1001:1001 /out /opt/app
RUN chmod -R g+rX /opt/app && ln -s /opt/app/top.txt /top.txt
USER 1001
ENTRYPOINT ["cat","/top.txt"]
DOCKERFILE
}

make_w3() { # w3, or w3n without RUN
  local kind=$1 folder=$workloads/$1 number arch image
  for number in {1..8}; do
    image=$folder/c$number
    for arch in amd64 arm64 arm ppc64le riscv64; do
      [[ -s $image/bin/$arch/svc ]] || { mkdir -p "$image/bin/$arch"; head -c 3000000 /dev/urandom >"$image/bin/$arch/svc"; }
    done
    [[ $(stat -c %s "$image/shared.dat" 2>/dev/null) == 2000000 ]] || head -c 2000000 /dev/urandom >"$image/shared.dat"
    {
      printf 'ARG BASES=localhost:5001\nFROM ${BASES}/busybox:1\nARG TARGETARCH\nCOPY shared.dat /opt/shared.dat\n'
      printf 'COPY --chmod=755 bin/${TARGETARCH}/svc /usr/bin/svc\nLABEL component=c%s\n' "$number"
      [[ $kind != w3 ]] || printf 'RUN mkdir -p /var/lib/svc && chmod 750 /var/lib/svc\n'
      printf 'USER 1001\nENTRYPOINT ["/usr/bin/svc"]\n'
    } >"$image/Dockerfile"
  done
  write_projects "$kind" "$folder"
}

# Writes the same project twice: for buildx bake and for manifold bake. The gate is off because the programs in the images are random bytes.
write_projects() { # KIND FOLDER
  local number
  {
    printf 'variable "BASES" { default = "localhost:5001" }\nvariable "TARGETS" { default = "localhost:5001" }\n'
    printf 'group "default" { targets = [%s] }\n' "$(printf '"c%s", ' {1..8} | sed 's/, $//')"
    for number in {1..8}; do
      printf 'target "c%s" {\n  context = "%s"\n  platforms = [%s]\n' \
        "$number" "$2/c$number" "$(printf '"%s", ' "${platforms[@]}" | sed 's/, $//')"
      printf '  args = { BASES = BASES }\n  tags = ["${TARGETS}/%s-c%s:bk"]\n}\n' "$1" "$number"
    done
  } >"$2/bake.hcl"
  {
    printf 'registry: "${TARGETS:-localhost:5001}"\nplatforms: [%s]\ntags: [manifold]\nimages:\n' \
      "$(IFS=,; sed 's/,/, /g' <<<"${platforms[*]}")"
    for number in {1..8}; do
      printf '  %s-c%s: {context: c%s, verify: off, args: {BASES: "${BASES:-localhost:5001}"}}\n' "$1" "$number" "$number"
    done
  } >"$2/manifold.yaml"
}

make_debian
make_busybox
make_w1
make_w3 w3
make_w3 w3n
