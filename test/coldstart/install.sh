#!/usr/bin/env bash
# Installs boto3 and botocore by exact version, out of sight of git.
exec "$(dirname "$0")/../venv.sh" boto3-1.44.5 boto3==1.44.5 botocore==1.44.5
