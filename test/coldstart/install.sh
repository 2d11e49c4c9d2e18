#!/usr/bin/env bash
# Installs boto3 and botocore by exact version into a virtual environment that git does not see, and prints its python; or says in one line why not, and exits 1.
set -euo pipefail
boto3=1.44.5
botocore=1.44.5
folder=$(cd "$(dirname "$0")/../.." && pwd)/.cache/boto3-$boto3

if ! command -v python3 >/dev/null; then
  echo 'python3 is not installed'
  exit 1
fi
if [ ! -e "$folder/installed" ]; then
  rm -rf "$folder" && mkdir -p "$folder"
  if ! python3 -m venv "$folder" >"$folder/venv.log" 2>&1; then
    echo 'python3 has no venv'
    exit 1
  fi
  if ! "$folder/bin/pip" install --quiet "boto3==$boto3" "botocore==$botocore" >"$folder/pip.log" 2>&1; then
    echo "pip could not install boto3 $boto3"
    exit 1
  fi
  touch "$folder/installed"
fi
echo "$folder/bin/python"
