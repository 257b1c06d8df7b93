#!/usr/bin/env bash
# Builds Manifold.
#   usage: build.sh [--arch amd64|arm64] [--fast] [--release]
# Without an option: builds the native program for this machine, artifacts/manifold/manifold. One file that needs no .NET. Takes minutes.
# --arch ARCH:       cross-compiles for another architecture: artifacts/manifold-ARCH/manifold.
# --fast:            builds artifacts/manifold-fast/manifold in seconds, for working on Manifold. To run it, you need the .NET 10 runtime,
#                    libzstd, libsqlite3, libsodium, libcrypt, and OpenSSL 3.
# --release:         builds tarballs, packages, and their checksums for amd64 and arm64 in artifacts/release/.
# The debug symbols of a native program are in 'manifold.dbg' beside it. On Debian and Ubuntu, build.sh installs what the linker needs.
#   DEBIAN_MIRROR    where to download the libraries that are linked into the program (see examples/debian.sh)
set -euo pipefail
shopt -s inherit_errexit # a function in $(…) also stops at its first failure
cd "$(dirname "$0")"
. examples/debian.sh

fail() { echo "build.sh: $1" >&2; exit "${2:-4}"; }
say() { echo "build.sh: $*" >&2; }

host() {
  case $(uname -m) in
    x86_64) echo amd64 ;; aarch64) echo arm64 ;;
    *) fail "the native program can be built on amd64 and arm64 only, and this machine is $(uname -m). Run: ./build.sh --fast" ;;
  esac
}

# Every native build is linked by clang and lld against Debian's development files for the target, so the result does not depend on what is
# installed here. The Debian release determines the oldest glibc that a program runs with: for bookworm, that is glibc 2.34.
libraries=libc6-dev,libgcc-12-dev,libzstd-dev,libsqlite3-dev,libsodium-dev,libcrypt-dev,libssl-dev

install_linker() {
  local pair missing=()
  for pair in clang:clang ld.lld:lld llvm-objcopy:llvm mmdebstrap:mmdebstrap; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
  done
  [[ -e /usr/share/keyrings/debian-archive-keyring.gpg || -n ${DEBIAN_KEYRING:-} ]] || missing+=(debian-archive-keyring)
  [[ $EUID == 0 ]] || command -v newuidmap >/dev/null || missing+=(uidmap) # mmdebstrap unpacks as root of a user namespace
  (( ${#missing[@]} )) || return 0
  command -v apt-get >/dev/null || fail "the linker needs these packages (Debian's names): ${missing[*]}. Install them, or run: ./build.sh --fast"
  [[ $EUID == 0 ]] || fail "the linker needs more packages. Run: sudo apt-get install ${missing[*]}"
  say "installing ${missing[*]}"
  show_elapsed "installing packages" apt_install "${missing[@]}" || fail "some packages could not be installed (see above)" 77
}

fetch_libraries() { # arch; prints the folder
  local folder=artifacts/sysroot/$1 tar release
  if [[ $(cat "$folder/made-of" 2>/dev/null) != "$libraries" ]]; then
    say "downloading Debian's libraries for $1"
    mkdir -p artifacts/sysroot
    tar=$PWD/artifacts/sysroot/$1.tar
    release=$(DEBIAN_RELEASES=bookworm debian_files "$1" "$libraries" "$tar") ||
      fail "Debian's libraries for $1 could not be downloaded: $(one_line "$tar.why")" 77
    rm -rf "$folder" "$folder.part"
    mkdir "$folder.part"
    tar -xf "$tar" -C "$folder.part" --exclude='./dev/*'
    echo "$libraries" >"$folder.part/made-of"
    mv "$folder.part" "$folder"
    rm -f "$tar"
    say "libraries from Debian $release are in $folder (apt checked signatures and checksums)"
  fi
  echo "$PWD/$folder"
}

native() { # arch
  local -A names=([amd64]=linux-x64 [arm64]=linux-arm64)
  local libraries_folder folder=artifacts/manifold
  [[ $1 == "$here" ]] || folder=artifacts/manifold-$1
  install_linker
  libraries_folder=$(fetch_libraries "$1")
  say "restoring NuGet packages"
  # Restores for both architectures, so that the lock files do not depend on which one is built.
  show_elapsed "restoring" dotnet restore src/Manifold.Cli/Manifold.Cli.csproj -p:SysRoot="$libraries_folder" -v quiet --nologo >&2
  say "compiling for $1 (2 to 5 minutes)"
  show_elapsed "compiling for $1" dotnet publish src/Manifold.Cli/Manifold.Cli.csproj --no-restore -c Release -r "${names[$1]}" \
    -o "$folder.part" -v quiet --nologo >&2 \
    -p:RunAnalyzers=false -p:StripSymbols=false -p:CppCompilerAndLinker=clang -p:LinkerFlavor=lld -p:SysRoot="$libraries_folder"
  (
    cd "$folder.part"
    llvm-objcopy --only-keep-debug Manifold.Cli manifold.dbg
    llvm-objcopy --strip-debug --strip-unneeded --add-gnu-debuglink=manifold.dbg Manifold.Cli manifold
  )
  mkdir -p "$folder"
  rm -f "$folder"/*.{dll,pdb,xml,json} # left over from earlier versions of this script
  mv -f "$folder.part/manifold" "$folder.part/manifold.dbg" "$folder"
  rm -rf "$folder.part"
  echo "$folder/manifold"
}

fast() {
  say "compiling"
  show_elapsed "compiling" dotnet build src/Manifold.Cli/Manifold.Cli.csproj -c Release -o artifacts/manifold-fast -v quiet --nologo -clp:NoSummary \
    -p:RunAnalyzers=false >&2
  mv -f artifacts/manifold-fast/Manifold.Cli artifacts/manifold-fast/manifold
  echo artifacts/manifold-fast/manifold
}

form=native arch=
while (( $# )); do
  case $1 in
    --fast | --release)
      [[ $form == native ]] || fail "--fast and --release cannot be combined" 2
      form=${1#--} ;;
    --arch) arch=${2:-}; shift; [[ $arch == amd64 || $arch == arm64 ]] || fail "--arch takes amd64 or arm64, not '$arch'" 2 ;;
    --arch=*) set -- --arch "${1#*=}" "${@:2}"; continue ;;
    -h | --help) sed -n '2,11s/^# \{0,1\}//p' "$0"; exit ;;
    *) fail "unknown option '$1'. For the options, run: ./build.sh --help" 2 ;;
  esac
  shift
done
[[ -z $arch || $form == native ]] || fail "--arch cannot be combined with --$form" 2
command -v dotnet >/dev/null || fail "the .NET 10 SDK is missing: https://dotnet.microsoft.com/download"
case $form in
  native)
    here=$(host)
    native "${arch:-$here}" ;;
  fast) fast ;;
  release) exec packaging/release.sh ;;
esac
