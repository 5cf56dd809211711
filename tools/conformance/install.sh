#!/usr/bin/env bash
# Brings the official conformance suite from npm, once. Prints Node's bin directory.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bin=$("$here/../node/install.sh")
export PATH="$bin:$PATH"
exec 9>"$here/.install.lock"
flock 9
if ! cmp -s "$here/package-lock.json" "$here/node_modules/.installed"; then
  (cd "$here" && npm ci --no-audit --no-fund --loglevel=error) >&2
  cp "$here/package-lock.json" "$here/node_modules/.installed"
fi
echo "$bin"
