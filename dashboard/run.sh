#!/usr/bin/env bash
# Brings what the dashboard is built with (Node 24, node_modules from the lock file), then runs Node here: run.sh build.mjs OUT.cpp
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$("$here/../tools/node/install.sh"):$PATH
export PATH NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-/etc/ssl/certs/ca-certificates.crt}
exec 9>"$here/.install.lock"
flock 9
if ! cmp -s "$here/package-lock.json" "$here/node_modules/.installed"; then
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  (cd "$here" && npm ci --prefer-offline --no-audit --no-fund --loglevel=error) >"$log" 2>&1 ||
    { echo "dashboard/run.sh: npm ci failed:" >&2; tail -n 20 "$log" >&2; exit 1; }
  cp "$here/package-lock.json" "$here/node_modules/.installed"
fi
cd "$here"
exec node "$@" 9>&-
