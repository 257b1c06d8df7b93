#!/usr/bin/env bash
# Publishes the program as artifacts/manifold/manifold (ReadyToRun, so that it starts in tens of milliseconds).
set -euo pipefail
cd "$(dirname "$0")"
command -v dotnet >/dev/null || { echo "build.sh: the .NET 10 SDK is missing: https://dotnet.microsoft.com/download" >&2; exit 4; }
dotnet publish src/Manifold.Cli/Manifold.Cli.csproj -c Release -o artifacts/manifold -p:PublishReadyToRun=true -v quiet --nologo
mv -f artifacts/manifold/Manifold.Cli artifacts/manifold/manifold
echo "artifacts/manifold/manifold"
