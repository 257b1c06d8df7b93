#!/usr/bin/env bash
# Publishes the program (ReadyToRun, so that it starts in tens of milliseconds).
#   usage: build.sh [--self-contained]
# Without an option: artifacts/manifold/manifold, 10 MB, made in seconds, needs the .NET 10 runtime where it runs.
# --self-contained:  artifacts/manifold-self-contained/manifold, the form for releases: it brings .NET along and is compiled as one with it, so
#                    it needs nothing where it runs and a command takes a third less processor time; 150 MB, minutes to make.
set -euo pipefail
cd "$(dirname "$0")"
target=artifacts/manifold form=()
case ${1:-} in
  '') ;;
  --self-contained) target=artifacts/manifold-self-contained form=(-p:SelfContained=true -p:PublishReadyToRunComposite=true) ;;
  -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit ;;
  *) echo "build.sh: unknown: $1 (see build.sh --help)" >&2; exit 2 ;;
esac
command -v dotnet >/dev/null || { echo "build.sh: the .NET 10 SDK is missing: https://dotnet.microsoft.com/download" >&2; exit 4; }
[[ ${#form[@]} == 0 ]] || echo "Compiling the program and .NET as one: this takes minutes." >&2
dotnet publish src/Manifold.Cli/Manifold.Cli.csproj -c Release -o $target -p:PublishReadyToRun=true "${form[@]}" -v quiet --nologo
mv -f $target/Manifold.Cli $target/manifold
echo "$target/manifold"
