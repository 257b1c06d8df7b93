# Manifold's own image: the program with what it needs to build images, for this machine's platform and, as 'qemu', for others too.
#   manifold bake --push          both images for both architectures (see manifold.yaml)
# The programs are in artifacts/image/ARCHITECTURE/, where packaging/image.sh puts them.
ARG BASE=docker.io/library/debian:trixie-slim

FROM ${BASE} AS tools
# A base that has these programs already needs no network here. The ordinary user has a range of ids for the images that it builds. With
# setuid, newuidmap needs CAP_SYS_ADMIN, which containers do not have; with a capability of its own it does not.
RUN <<END
set -e
for program in git newuidmap openssl pasta runc setcap ssh; do
  command -v "$program" >/dev/null || missing=yes
done
if test -n "${missing:-}"; then
  apt-get update
  apt-get install -y --no-install-recommends ca-certificates git libcap2-bin openssh-client openssl passt runc uidmap
  rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/cache/ldconfig/aux-cache
fi
# These lines come first, so that 1000 is this user where the base has one with that number, too (Ubuntu has).
users=$(cat /etc/passwd) groups=$(cat /etc/group)
printf '%s\n' 'manifold:x:1000:1000:Manifold:/home/manifold:/bin/sh' "$users" >/etc/passwd
printf '%s\n' 'manifold:x:1000:' "$groups" >/etc/group
echo 'manifold:100000:65536' >/etc/subuid
echo 'manifold:100000:65536' >/etc/subgid
mkdir -p /var/lib/manifold /home/manifold/.local/share/manifold /work
chown -R 1000:1000 /home/manifold /work
chmod u-s /usr/bin/newuidmap /usr/bin/newgidmap
setcap cap_setuid=ep /usr/bin/newuidmap
setcap cap_setgid=ep /usr/bin/newgidmap
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
