#!/usr/bin/env bash
# Runs run.mjs with the Node and the suite that this repository brings.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export PATH="$("$here/install.sh"):$PATH"
exec node "$here/run.mjs" "$@"
