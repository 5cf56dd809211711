#!/usr/bin/env bash
# Brings what the end-to-end tests need: Node 24 and tests/e2e/node_modules from the lock file. Prints Node's bin directory.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$("$here/../../tools/node/install.sh")
exec 9>"$here/.install.lock"
flock 9
if ! cmp -s "$here/package-lock.json" "$here/node_modules/.installed"; then
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  (cd "$here" && npm ci --no-audit --no-fund --loglevel=error) >"$log" 2>&1 ||
    { echo "tests/e2e/install.sh: npm ci failed:" >&2; tail -n 20 "$log" >&2; exit 1; }
  cp "$here/package-lock.json" "$here/node_modules/.installed"
fi
echo "$bin"
