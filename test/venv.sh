#!/usr/bin/env bash
# Installs Python packages by exact version into a virtual environment that git does not see, and prints its python; or says in one line why not, and exits 1:
#
#   test/venv.sh NAME PACKAGE==VERSION...
#
# The name stands for just these versions: another version needs another name.
set -euo pipefail
folder=$(cd "$(dirname "$0")/.." && pwd)/.cache/$1
shift

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
  if ! "$folder/bin/pip" install --quiet "$@" >"$folder/pip.log" 2>&1; then
    echo "pip could not install $*"
    exit 1
  fi
  touch "$folder/installed"
fi
echo "$folder/bin/python"
