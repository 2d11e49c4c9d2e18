#!/usr/bin/env bash
# Asks the outside programs what is recorded, and compares. "run.sh record" records anew, which takes some ten minutes
# more.
#
# The simulator needs node and npm, the solver needs python3 and pip. What is missing is said in one line and is no
# failure: the recordings are tested all the same.
set -euo pipefail
cd "$(dirname "$0")"

flags=()
if [ "${1-}" = record ]; then
  flags+=(-record="$(date -u +%F)")
fi
without() { echo "oracle: $1 is not asked, $2; the recording is tested all the same"; }

if folder=$(./install.sh); then
  go test -count=1 -timeout 30m -v -run '^TestSimulator' . -simulator="$folder" "${flags[@]}"
else
  without 'the simulator' "$folder"
fi
if python=$(../venv.sh z3-5.4.0.0 z3-solver==5.4.0.0); then
  go test -count=1 -timeout 60m -v -run '^TestSolver' . -solver="$(dirname "$python")/z3" "${flags[@]}"
else
  without 'the solver' "$python"
fi
