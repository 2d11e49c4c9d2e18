#!/usr/bin/env bash
# Installs checkov by exact version, out of sight of git.
exec "$(dirname "$0")/../venv.sh" checkov-3.3.30 checkov==3.3.30
