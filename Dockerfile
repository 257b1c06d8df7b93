# Manifold's own image: the program with what it needs to build images, for this machine's platform and, as 'qemu', for others too.
#   manifold bake --push          both images for both architectures (see manifold.yaml)
# The programs are in artifacts/image/ARCHITECTURE/, where packaging/image.sh puts them.
ARG BASE=docker.io/library/debian:trixie-slim

FROM ${BASE} AS tools
# A base that has these programs already needs no network here.
RUN <<END
set -e
for program in git newuidmap openssl pasta runc ssh; do
  command -v "$program" >/dev/null || missing=yes
done
test -n "${missing:-}" || exit 0
apt-get update
apt-get install -y --no-install-recommends ca-certificates git openssh-client openssl passt runc uidmap
rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/ldconfig/aux-cache
END
# An ordinary user, with a range of ids for the images that it builds.
RUN <<END
set -e
echo 'manifold:x:1000:1000:Manifold:/home/manifold:/bin/sh' >>/etc/passwd
echo 'manifold:x:1000:' >>/etc/group
echo 'manifold:100000:65536' >/etc/subuid
echo 'manifold:100000:65536' >/etc/subgid
mkdir -p /var/lib/manifold /home/manifold/.local/share/manifold /work
chown -R 1000:1000 /home/manifold /work
END

FROM tools AS program
ARG TARGETARCH
COPY artifacts/image/$TARGETARCH/ /usr/
# The stores of root and of the user. The layers of a store cannot be stacked on those of a container, so each is a volume.
VOLUME /var/lib/manifold /home/manifold/.local/share/manifold
WORKDIR /work
ENTRYPOINT ["manifold"]
CMD ["--help"]

FROM program AS qemu
RUN <<END
set -e
! command -v qemu-aarch64-static >/dev/null || exit 0
apt-get update
apt-get install -y --no-install-recommends qemu-user-static
rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/ldconfig/aux-cache
END

FROM program AS manifold
