#!/usr/bin/env bash
# Installs the package on a bare Debian 12, by the steps of deploy/Dockerfile's second stage, runs it as its user, removes and purges it.
# Needs root and the base that debootstrap made once; where these are not, it is skipped (77).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
program=${SALLYPORT:-$root/build/release/bin/sallyport}
base=${FRESH_DEBIAN_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/fresh-debian}/base
[[ $EUID == 0 && -f $base/.ok ]] || { echo "fresh_debian: needs root and $base" && exit 77; }
run=$(mktemp -d)
trap 'rm -rf --one-file-system "$run"' EXIT
cp -a "$base/." "$run"
cp /etc/resolv.conf "$run/etc/resolv.conf"
deb=$("$root/tools/package/build_deb" "$program" "$run/package")
mv "$deb" "$run/package/sallyport.deb"
cp "$root/deploy/container-install" "$run/package/"
cp "$here/in_debian.sh" "$run/package/"
unshare --mount --pid --fork bash -c 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" \
  env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive sh /package/in_debian.sh' "$run"
